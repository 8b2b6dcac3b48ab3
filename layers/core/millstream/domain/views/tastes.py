"""Features of a user's recent events, the same for live requests, replays and training sets."""

from __future__ import annotations

from collections.abc import Iterator

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import CONSUMED, LEARNED, REJECTED, REMEMBERED, EventKind
from millstream.domain.views.user_state import SESSION_GAP_S, UserState

TAIL_ITEMS = 10
"""How many of the latest distinct items are used to predict the next."""

TAIL_DECAY = 0.7
"""The factor by which each earlier item counts less than the one after it."""

_LEARNING = {int(kind): kind.traits.learning for kind in LEARNED}
_REJECTED = frozenset(int(kind) for kind in REJECTED)

Transition = tuple[ItemKey, ItemKey, float]
"""(from, to, weight): the second item followed the first."""


def tail(state: UserState, limit: int = TAIL_ITEMS) -> list[ItemKey]:
    """The distinct items of the latest events that models learn from, newest first, without items rejected since."""
    distinct: dict[ItemKey, None] = {}
    dropped: set[ItemKey] = set()
    for event in state.recent():
        if event.kind in REJECTED:
            dropped.add(event.item)
        elif event.kind in LEARNED and event.item not in dropped:
            distinct[event.item] = None
        if len(distinct) == limit:
            break
    return list(distinct)


def transitions(before: list[ItemKey], item: ItemKey, kind: int) -> Iterator[Transition]:
    """The transitions of one more event: from each item of the tail to the new one, with less weight for older items.

    Another event on the newest item (a view that becomes a purchase) is no transition; nor is an event of a kind that
    models do not learn from.
    """
    weight = _LEARNING.get(kind, 0.0)
    if not weight or (before and before[0] == item):
        return
    for earlier in before:
        if earlier != item:
            yield earlier, item, weight
        weight *= TAIL_DECAY


def advanced(before: list[ItemKey], item: ItemKey, kind: int) -> list[ItemKey]:
    """The tail after one more event; equal to `tail` of the new state, while all of it is still recent.

    After a rejection it may be one item shorter, because it does not know older items.
    """
    if kind in _REJECTED:
        return [earlier for earlier in before if earlier != item]
    if kind not in _LEARNING:
        return before
    return [item, *(earlier for earlier in before if earlier != item)][:TAIL_ITEMS]


def purchased(state: UserState) -> list[ItemKey]:
    """The distinct items that the user bought or finished, the latest first."""
    return list(dict.fromkeys(item for item, kind in _newest_first(state) if kind in CONSUMED))


def rejected(state: UserState) -> set[ItemKey]:
    """Items that the user does not want: the latest purchase or opinion decides."""
    latest: dict[ItemKey, bool] = {}
    for item, kind in _newest_first(state):
        if kind in REMEMBERED:
            latest.setdefault(item, kind in REJECTED)
    return {item for item, is_rejected in latest.items() if is_rejected}


def session(state: UserState) -> set[ItemKey]:
    """Items since the last pause of SESSION_GAP_S."""
    items: set[ItemKey] = set()
    for event in state.recent():
        items.add(event.item)
        if event.pause_s >= SESSION_GAP_S:
            break
    return items


def everything(state: UserState) -> set[ItemKey]:
    """Items of all recent events and all remembered items."""
    return {item for item, _ in _newest_first(state)}


def _newest_first(state: UserState) -> Iterator[tuple[ItemKey, EventKind]]:
    """The recent events and the remembered items, which may overlap."""
    for event in state.recent():
        yield event.item, event.kind
    for kept in state.remembered():
        yield kept.item, kept.kind
