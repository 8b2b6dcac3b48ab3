"""The slates that the shop chooses by itself: the history's logging policy and the live comparison arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np

from millstream_tools.shops.contract import stable_fraction, stable_id
from millstream_tools.shops.simulated.catalogue import Floats, Ints
from millstream_tools.shops.simulated.customers import PlannedVisit
from millstream_tools.shops.simulated.shopper import Shopper
from millstream_tools.shops.simulated.world import World

Arm = Literal["millstream", "popular", "random"]


@dataclass(frozen=True, slots=True)
class ArmShares:
    """The shares of the arms; random gets the rest."""

    millstream: float
    popular: float

    def arm(self, seed: int, *moment: str | int) -> Arm:
        """The arm of one moment: the same for the same seed, whoever asks."""
        fate = stable_fraction(seed, "arm", *moment)
        if fate < self.millstream:
            return "millstream"
        return "popular" if fate < self.millstream + self.popular else "random"


class House:
    """Chooses popular and random slates.

    "Popular" is the true popularity of the day: the mean chance that a visit of that day would look at a product first.
    A real shop can only estimate it from counts, so this arm is as good as any popularity list can be.
    """

    def __init__(self, world: World, visits: Sequence[PlannedVisit]) -> None:
        """Work out each day's popularity from the visits that are planned."""
        self._world = world
        popularity = np.zeros_like(world.demand)
        for visit in visits:
            weights = Shopper(world, visit.taste, visit.day, visit.intent).weights()
            popularity[visit.day] += weights / weights.sum()
        self._popular_first = [_best_on_sale(day, world.demand[number]) for number, day in enumerate(popularity)]

    def popular(self, day: int, n: int, seen: Sequence[int]) -> tuple[str, ...]:
        """The day's n most popular products that this visit has not looked at."""
        return self._ids(self._popular_first[day][: n + len(seen)], n, seen)

    def random(self, day: int, n: int, seen: Sequence[int], *moment: str | int) -> tuple[str, ...]:
        """Products on sale that this visit has not looked at, n of them, any as likely as any other."""
        on_sale = self._popular_first[day]
        draw = Random(stable_id(self._world.seed, "random slate", *moment))
        places = draw.sample(range(len(on_sale)), min(n + len(seen), len(on_sale)))
        return self._ids(on_sale[places], n, seen)

    def _ids(self, items: Ints, n: int, seen: Sequence[int]) -> tuple[str, ...]:
        unseen = [item for item in items.tolist() if item not in seen]
        return tuple(self._world.catalogue.products[item].item_id for item in unseen[:n])


def _best_on_sale(popularity: Floats, demand: Floats) -> Ints:
    order = np.argsort(-popularity, kind="stable")
    return order[demand[order] > 0]
