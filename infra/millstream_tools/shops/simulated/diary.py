"""Writes down what a visitor does, in order, with stable ids and a clock that only goes forward."""

from __future__ import annotations

from millstream_tools.shops.contract import Behaviour, BehaviourKind, Slate, stable_id
from millstream_tools.shops.simulated.customers import PlannedVisit, customer_id
from millstream_tools.shops.simulated.world import World

_NO_SLATE = Slate(())


class Diary:
    """The record of one visit being played."""

    def __init__(self, world: World, plan: PlannedVisit) -> None:
        """Open at the start of the visit."""
        self._world, self._plan = world, plan
        self._noted = 0
        self.now = round(plan.started_at, 3)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now = round(self.now + seconds, 3)

    def note(self, kind: BehaviourKind, item: int, value: float | None = None, led_by: Slate = _NO_SLATE) -> Behaviour:
        """The event that happens now.

        Its id also names the item and the kind: the same visit played with other slates makes other events, and those
        must not pass for duplicates of the first.
        """
        user_id, item_id = customer_id(self._plan.customer), self._world.catalogue.products[item].item_id
        self._noted += 1
        return Behaviour(
            user_id=user_id,
            session_id=f"{user_id}-visit-{self._plan.number}",
            event_id=stable_id("simulated", self._world.seed, user_id, self._plan.number, self._noted, kind, item_id),
            event_type=kind,
            item_id=item_id,
            occurred_at=self.now,
            value=value,
            recommendation_id=led_by.recommendation_id,
            impression=led_by.item_ids,
        )
