"""The products that customers find by themselves, with their true choice probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from millstream_tools.shops.contract import Probed, ProbeSample
from millstream_tools.shops.simulated.catalogue import Floats
from millstream_tools.shops.simulated.customers import PlannedVisit
from millstream_tools.shops.simulated.house import ArmShares, House
from millstream_tools.shops.simulated.visit import SimulatedVisit
from millstream_tools.shops.simulated.world import World

_EVERY_ONE = 1.0
"""Every product that is found is a question, and a question is where a visit can be looked into."""


@dataclass(frozen=True, slots=True)
class Found:
    """A customer opened a product page at a moment, in epoch seconds.

    `rank` is the product's place among all products by the chance that it had at this moment, from 1, equal ones
    counted half. The choice is drawn by these chances, so no ranking is better than this in the long run.
    """

    user_id: str
    item_id: str
    at: float
    rank: float


def browsing(world: World, house: House, visits: Sequence[PlannedVisit]) -> Iterator[Found]:
    """All visits, one after the other, in a shop that shows no slates."""
    probes = ProbeSample(world.seed, _EVERY_ONE)
    for plan in visits:
        yield from _found(SimulatedVisit(world, house, plan, ArmShares(0.0, 0.0), probes, with_slates=False))


def _found(visit: SimulatedVisit) -> Iterator[Found]:
    stay = visit.stay()
    for number, luck in enumerate(visit.pages()):
        for step in stay.page(number, luck):
            if isinstance(step, Probed):
                rank = _rank(stay.shopper.weights(), visit.world.catalogue.index[step.target])
                yield Found(step.user_id, step.target, step.at, rank)


def _rank(weights: Floats, item: int) -> float:
    better = np.count_nonzero(weights > weights[item])
    equal = np.count_nonzero(weights == weights[item]) - 1
    return 1 + better + equal / 2
