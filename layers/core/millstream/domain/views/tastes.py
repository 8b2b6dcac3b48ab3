"""What a user's recent events say: the same reading for a live request, for a replay and for a training set."""

from __future__ import annotations

from collections.abc import Iterator

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import CONSUMED, LEARNED
from millstream.domain.views.user_state import SESSION_GAP_S, UserState

TAIL_ITEMS = 10
"""How many of the latest distinct items say what comes next."""

TAIL_DECAY = 0.7
"""How much less each earlier item says than the one after it."""

_LEARNING = {int(kind): kind.traits.learning for kind in LEARNED}

Transition = tuple[ItemKey, ItemKey, float]
"""(from, to, weight): after the first item came the second."""


def tail(state: UserState, limit: int = TAIL_ITEMS) -> list[ItemKey]:
    """The distinct items of the latest events that a model learns from, newest first."""
    distinct: dict[ItemKey, None] = {}
    for event in state.recent():
        if event.kind in LEARNED:
            distinct[event.item] = None
        if len(distinct) == limit:
            break
    return list(distinct)


def transitions(before: list[ItemKey], item: ItemKey, kind: int) -> Iterator[Transition]:
    """What one more event says about order: from each item of the tail to the new one, less the longer ago it was.

    Another event on the newest item (a view that becomes a purchase) says nothing about what follows it; nor does an
    event of a kind that no model learns from.
    """
    weight = _LEARNING.get(kind, 0.0)
    if not weight or (before and before[0] == item):
        return
    for earlier in before:
        if earlier != item:
            yield earlier, item, weight
        weight *= TAIL_DECAY


def advanced(before: list[ItemKey], item: ItemKey, kind: int) -> list[ItemKey]:
    """The tail after one more event: equal to `tail` of the state that contains it, while all of it is still recent."""
    if kind not in _LEARNING:
        return before
    return [item, *(earlier for earlier in before if earlier != item)][:TAIL_ITEMS]


def purchased(state: UserState) -> set[ItemKey]:
    """Items that the user is done with, among the recent events."""
    return {event.item for event in state.recent() if event.kind in CONSUMED}


def session(state: UserState) -> set[ItemKey]:
    """Items since the last pause of SESSION_GAP_S."""
    items: set[ItemKey] = set()
    for event in state.recent():
        items.add(event.item)
        if event.pause_s >= SESSION_GAP_S:
            break
    return items


def everything(state: UserState) -> set[ItemKey]:
    """Items of all recent events."""
    return {event.item for event in state.recent()}
