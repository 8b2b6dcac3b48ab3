"""The state of a customer during one visit: interests, items seen, next choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from millstream_tools.shops.contract import SlateValue
from millstream_tools.shops.simulated.catalogue import Floats
from millstream_tools.shops.simulated.customers import Taste
from millstream_tools.shops.simulated.slate_choice import SlateChances, slate_chances
from millstream_tools.shops.simulated.world import World


class Shopper:
    """One customer in one visit; used only while the visit is played, and not shared."""

    def __init__(self, world: World, taste: Taste, day: int, intent: int) -> None:
        """Enter the shop on a day with a shelf in mind."""
        self._world, self._intent = world, intent
        self._wanted = world.demand[day] * np.exp(taste.log_weights(world.catalogue))
        self._appeal = taste.appeal(world.catalogue)
        self._last: int | None = None
        self._weights: Floats | None = None
        self.seen: list[int] = []

    def weights(self) -> Floats:
        """(products,): the Luce weight of every product right now; what this visit has seen already weighs nothing.

        Worked out once per moment, never changed in place: `truth` may keep it.
        """
        if self._weights is None:
            self._weights = self._weights_now()
        return self._weights

    def finds(self, fate: float) -> int | None:
        """The product that a number in [0, 1) makes the customer find by themselves; None if there is none left."""
        edges = np.cumsum(self.weights())
        if edges[-1] <= 0:
            return None
        return min(int(np.searchsorted(edges, fate * edges[-1], side="right")), len(edges) - 1)

    def looks_at(self, item: int, *, meant: bool = True) -> None:
        """A product page is open; only one that was opened on purpose leads anywhere."""
        self._weights = None
        self.seen.append(item)
        if meant:
            self._last = item

    def walks_on(self) -> None:
        """The visit goes on at the shelf that goes with this one."""
        self._weights = None
        self._intent = int(self._world.catalogue.neighbour[self._intent])

    def chances(self, slate: Sequence[str]) -> SlateChances:
        """The customer's choice probabilities for a slate at this moment."""
        return slate_chances(slate, self.weights(), self._world.catalogue, self._world.config)

    def cart_chance(self, item: int) -> float:
        """The chance that a product that was opened on purpose goes into the cart."""
        return _cart_chance(self._world, self._appeal, self._intent, item)

    def stars(self, item: int, luck: float) -> float:
        """A rating from 1 to 5: how much the customer likes the product, give or take their mood (luck in [0, 1))."""
        return float(np.clip(round(3.4 + 0.8 * float(self._appeal[item]) + 3.0 * (luck - 0.5)), 1, 5))

    def truth(self) -> Callable[[Sequence[str]], SlateValue]:
        """Tells the true value of any slate at this moment, also after the visit has moved on."""
        cart = partial(_cart_chance, self._world, self._appeal, self._intent)
        return partial(_value, self._world, self.weights(), cart)

    def _weights_now(self) -> Floats:
        on_shelf = self._world.catalogue.shelf == self._intent
        weights: Floats = self._wanted * np.where(on_shelf, np.exp(self._world.config.intent_shelf), 1.0)
        if self._last is not None:
            weights *= self._world.affinity[self._last]
        weights[self.seen] = 0.0
        return weights


def _cart_chance(world: World, appeal: Floats, intent: int, item: int) -> float:
    odds = world.config.cart_bias + float(appeal[item])
    if world.catalogue.shelf[item] == intent:
        odds += world.config.cart_intent
    return 1 / (1 + math.exp(-odds))


def _value(world: World, weights: Floats, cart: Callable[[int], float], slate: Sequence[str]) -> SlateValue:
    chances = slate_chances(slate, weights, world.catalogue, world.config)
    bought = sum(meant * cart(item) for item, meant in zip(chances.items, chances.meant.tolist(), strict=True))
    return SlateValue(click=chances.click, purchase=bought * world.config.purchase)
