"""Which items a user's past excludes from a slate. Requests, the demo's baselines and evaluation use these rules.

A rule sees what a row keeps: the 64 recent events, and the latest 20 purchases and opinions. What is older is
forgotten, and the item may be recommended again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import BEHAVIOUR, CONSUMED, REJECTED, REMEMBERED, EventKind
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views.user_state import DAY_MS, SESSION_GAP_S, UserState

_Item = TypeVar("_Item", bound=Hashable)


class Past(NamedTuple, Generic[_Item]):
    """An event of the user's past; a remembered one has the start of its day."""

    item: _Item
    kind: int
    at_ms: int


@dataclass(frozen=True)
class Exclusion:
    """Excludes items after an event of one of the kinds: for ever, unless something else is said."""

    kinds: frozenset[EventKind]
    days: int | None = None
    """For so many days after the event's (UTC)."""

    in_session: bool = False
    """Only while the session lasts: it ends at a pause of SESSION_GAP_S, also the one before the request."""

    until: frozenset[EventKind] = frozenset()
    """Until a later event of one of these kinds."""

    def items(self, past: Iterable[Past[_Item]], now_ms: int) -> set[_Item]:
        """The excluded items at a time; `past` is newest first."""
        found: set[_Item] = set()
        decided: set[_Item] = set()
        later_ms = now_ms
        for item, kind, at_ms in past:
            if self.in_session and later_ms - at_ms >= 1000 * SESSION_GAP_S:
                break
            later_ms = at_ms
            is_past = self.days is not None and now_ms // DAY_MS - at_ms // DAY_MS > self.days
            if kind in self.kinds and item not in decided and not is_past:
                found.add(item)
            elif kind in self.until:
                decided.add(item)
        return found


REJECTIONS = Exclusion(REJECTED, until=REMEMBERED - REJECTED)
"""Applies to every request: the latest purchase or opinion decides."""

EXCLUSIONS: Mapping[SeenItems, Sequence[Exclusion]] = {
    SeenItems.NONE: (),
    SeenItems.SESSION: (Exclusion(BEHAVIOUR, in_session=True),),
    SeenItems.PURCHASED: (Exclusion(CONSUMED, days=90),),
    SeenItems.ALL: (Exclusion(BEHAVIOUR),),
}


def excluded_items(past: Iterable[Past[_Item]], seen: SeenItems, now_ms: int) -> set[_Item]:
    """The items to exclude from a slate at a time; `past` is newest first."""
    events = list(past)
    return set().union(*(rule.items(events, now_ms) for rule in (REJECTIONS, *EXCLUSIONS[seen])))


def past_of(state: UserState) -> Iterator[Past[ItemKey]]:
    """The recent events, newest first, then the remembered items, latest first; they may overlap.

    Times are exact to 0.8 % of the pauses since.
    """
    at_ms = state.last_ms
    for event in state.recent():
        yield Past(event.item, event.kind, at_ms)
        at_ms -= 1000 * event.pause_s
    for kept in state.remembered():
        yield Past(kept.item, kept.kind, kept.day * DAY_MS)
