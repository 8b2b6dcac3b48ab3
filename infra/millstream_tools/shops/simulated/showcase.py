"""Choose the example customer of the demo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from millstream_tools.shops.contract import Behaved, Behaviour, ProbeSample, Showcase
from millstream_tools.shops.simulated.customers import DAY, Customers, PlannedVisit, Taste, customer_id
from millstream_tools.shops.simulated.house import ArmShares, House
from millstream_tools.shops.simulated.visit import SimulatedVisit
from millstream_tools.shops.simulated.world import World

_EVENTS = 5
_MOST_TRIES = 200
_MOST_CUSTOMERS = 50
_FIRST_NUMBER = 1_000_000  # no planned visit counts that far, so these visits share no event id with the stream

PastItems = Callable[[int], Sequence[int]]
"""The catalogue numbers of the products of a customer's events before the cut, one for each event."""


@dataclass(frozen=True)
class _Candidate:
    """A customer, the visits before the cut, the number of events, and the shelf with the fewest of them."""

    customer: int
    past: Sequence[PlannedVisit]
    events: int
    shelf: int
    events_there: int


def showcase(
    world: World, house: House, customers: Customers, visits: Sequence[PlannedVisit], past_items: PastItems
) -> Showcase:
    """A customer with a long past and no live visit (so the stream is left alone) who turns to a shelf new to them.

    All events are on products of that shelf.
    """
    candidates = (_candidate(world, customers, one, past_items(one)) for one in _settled_customers(world, visits))
    found = min(islice(candidates, _MOST_CUSTOMERS), key=lambda one: (one.events_there, -one.events))
    category = world.catalogue.shelves[found.shelf].category
    said = "none" if not found.events_there else f"only {found.events_there}"
    return Showcase(
        user_id=customer_id(found.customer),
        behaviours=_turn(world, house, found),
        reason=f"{len(found.past)} visits and {found.events} events so far, {said} about {category}: until now",
    )


def _settled_customers(world: World, visits: Sequence[PlannedVisit]) -> Sequence[int]:
    """Customers by their number of visits before the cut: those without later ones, unless there are none."""
    days, customers = world.config.history_days, world.config.customers
    before = np.bincount([v.customer for v in visits if v.day < days], minlength=customers)
    after = np.bincount([v.customer for v in visits if v.day >= days], minlength=customers)
    quiet = (after == 0) & (before > 0)
    eligible = np.flatnonzero(quiet if quiet.any() else before > 0)
    order: Sequence[int] = eligible[np.argsort(-before[eligible], kind="stable")].tolist()
    return order


def _candidate(world: World, customers: Customers, customer: int, items: Sequence[int]) -> _Candidate:
    past = [visit for visit in customers.visits(customer) if visit.day < world.config.history_days]
    at = np.bincount(world.catalogue.shelf[list(items)], minlength=len(world.catalogue.shelves))
    return _Candidate(customer, past, len(items), int(np.argmin(at)), int(at.min()))


def _turn(world: World, house: House, found: _Candidate) -> tuple[Behaviour, ...]:
    """The first events of a visit by a customer who has come to like the shelf, without those on other shelves."""
    last = found.past[-1].taste if found.past else Taste(np.zeros(len(world.catalogue.shelves)), np.zeros(0), 0.0)
    interest = last.interest.copy()
    interest[found.shelf] = last.interest.max()
    taste = Taste(interest, last.style, last.price_sensitivity)
    days = world.config.history_days
    for number in range(_FIRST_NUMBER, _FIRST_NUMBER + _MOST_TRIES):
        plan = PlannedVisit(found.customer, number, world.config.opens_at + days * DAY + 60.0, days, taste, found.shelf)
        there = [
            behaviour
            for behaviour in _found_without_slates(world, house, plan)
            if world.catalogue.shelf[world.catalogue.index[behaviour.item_id]] == found.shelf
        ]
        if len(there) >= _EVENTS:
            break
    return tuple(there[:_EVENTS])


def _found_without_slates(world: World, house: House, plan: PlannedVisit) -> tuple[Behaviour, ...]:
    visit = SimulatedVisit(world, house, plan, ArmShares(0.0, 0.0), ProbeSample(world.seed, -1.0), with_slates=False)
    done = (step.behaviours for step in visit.steps() if isinstance(step, Behaved))
    return tuple(behaviour for batch in done for behaviour in batch)
