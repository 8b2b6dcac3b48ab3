"""Features of a user's recent events, the same for live requests, replays and training sets."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import LEARNED, LOWEST_LIKED, REJECTED, is_low
from millstream.domain.views.user_state import UserState

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
        elif event.kind in LEARNED and event.item not in dropped and not is_low(event.kind, event.value):
            distinct[event.item] = None
        if len(distinct) == limit:
            break
    return list(distinct)


def transitions(before: list[ItemKey], item: ItemKey, kind: int, value: float = nan) -> Iterator[Transition]:
    """The transitions of one more event: from each item of the tail to the new one, with less weight for older items.

    Another event on the newest item (a view that becomes a purchase) is no transition; nor is an event of a kind that
    models do not learn from, or a bad rating.
    """
    weight = 0.0 if value < LOWEST_LIKED.get(kind, value) else _LEARNING.get(kind, 0.0)
    if not weight or (before and before[0] == item):
        return
    for earlier in before:
        if earlier != item:
            yield earlier, item, weight
        weight *= TAIL_DECAY


def advanced(before: list[ItemKey], item: ItemKey, kind: int, value: float = nan) -> list[ItemKey]:
    """The tail after one more event; equal to `tail` of the new state, while all of it is still recent.

    After a rejection it may be one item shorter, because it does not know older items.
    """
    if kind in _REJECTED:
        return [earlier for earlier in before if earlier != item]
    if kind not in _LEARNING or value < LOWEST_LIKED.get(kind, value):
        return before
    return [item, *(earlier for earlier in before if earlier != item)][:TAIL_ITEMS]
