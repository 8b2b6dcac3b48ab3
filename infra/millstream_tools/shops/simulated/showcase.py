"""Choose the example customer of the demo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from millstream_tools.shops.contract import Behaved, Behaviour, ProbeSample, Showcase
from millstream_tools.shops.simulated.customers import DAY, Customers, PlannedVisit, Taste, customer_id
from millstream_tools.shops.simulated.house import ArmShares, House
from millstream_tools.shops.simulated.visit import SimulatedVisit
from millstream_tools.shops.simulated.world import World

_LONGEST = 5
_MOST_TRIES = 50
_FIRST_NUMBER = 1_000_000  # no planned visit counts that far, so these visits share no event id with the stream


def showcase(world: World, house: House, customers: Customers, visits: Sequence[PlannedVisit]) -> Showcase:
    """A customer with a long past and no live visit (so the stream is left alone) who turns to a shelf new to them."""
    customer = _settled_customer(world, visits)
    past = [visit for visit in customers.visits(customer) if visit.day < world.config.history_days]
    shelf, taste = _new_interest(world, past)
    cut = world.config.opens_at + world.config.history_days * DAY
    for number in range(_FIRST_NUMBER, _FIRST_NUMBER + _MOST_TRIES):
        plan = PlannedVisit(customer, number, cut + 60.0, world.config.history_days, taste, shelf)
        behaviours = _found_without_slates(world, house, plan)
        if len(behaviours) >= _LONGEST:
            break
    return Showcase(
        user_id=customer_id(customer),
        behaviours=behaviours[:_LONGEST],
        reason=f"{len(past)} visits so far, none of them about {world.catalogue.shelves[shelf].category}: until now",
    )


def _settled_customer(world: World, visits: Sequence[PlannedVisit]) -> int:
    days = world.config.history_days
    before = np.bincount([v.customer for v in visits if v.day < days], minlength=world.config.customers)
    after = np.bincount([v.customer for v in visits if v.day >= days], minlength=world.config.customers)
    return int(np.argmax(before - before.max(initial=0) * 2 * (after > 0)))


def _new_interest(world: World, past: Sequence[PlannedVisit]) -> tuple[int, Taste]:
    """The shelf that they like least, and a taste in which it has become one they like."""
    last = past[-1].taste if past else Taste(np.zeros(len(world.catalogue.shelves)), np.zeros(0), 0.0)
    sought = {visit.intent for visit in past}
    shelf = min(range(len(last.interest)), key=lambda place: (place in sought, last.interest[place]))
    interest = last.interest.copy()
    interest[shelf] = last.interest.max()
    return shelf, Taste(interest, last.style, last.price_sensitivity)


def _found_without_slates(world: World, house: House, plan: PlannedVisit) -> tuple[Behaviour, ...]:
    visit = SimulatedVisit(world, house, plan, ArmShares(0.0, 0.0), ProbeSample(world.seed, -1.0), with_slates=False)
    done = (step.behaviours for step in visit.steps() if isinstance(step, Behaved))
    return tuple(behaviour for batch in done for behaviour in batch)
