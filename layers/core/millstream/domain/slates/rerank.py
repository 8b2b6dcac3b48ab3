"""From candidates to places of a slate: what may be shown, in which order, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice

from millstream.domain.catalogue.filters import Condition
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey
from millstream.domain.slates.slate import Candidate, SeenItems, SlateItem, Source
from millstream.domain.views.tastes import everything, purchased, session
from millstream.domain.views.user_state import UserState

CERTAIN = 1.0
"""The propensity of a policy that leaves nothing to chance."""

_SEEN: dict[SeenItems, Callable[[UserState], Collection[ItemKey]]] = {
    SeenItems.NONE: lambda _: (),
    SeenItems.SESSION: session,
    SeenItems.PURCHASED: purchased,
    SeenItems.ALL: everything,
}

_WITHOUT_CAUSE = {Source.TRENDING: "popular with everybody right now", Source.NEWEST: "new in the shop"}


def excluded_items(state: UserState, policy: SeenItems) -> Collection[ItemKey]:
    """The user's own items that the policy keeps out of the slate."""
    return _SEEN[policy](state)


def places(
    candidates: Iterable[Candidate],
    n: int,
    catalogue: Mapping[ItemKey, Item],
    excluded: Collection[ItemKey],
    conditions: Collection[Condition],
) -> tuple[SlateItem, ...]:
    """The first n candidates that are in the catalogue, available, not excluded, and meet every condition."""
    allowed = (
        SlateItem(item, candidate.score, candidate.source, _reason(candidate, catalogue), CERTAIN)
        for candidate in candidates
        if candidate.item not in excluded
        and (item := catalogue.get(candidate.item)) is not None
        and item.available
        and all(condition.holds(item) for condition in conditions)
    )
    return tuple(islice(allowed, n))


def _reason(candidate: Candidate, catalogue: Mapping[ItemKey, Item]) -> str:
    if candidate.source in _WITHOUT_CAUSE:
        return _WITHOUT_CAUSE[candidate.source]
    cause = catalogue.get(candidate.because) if candidate.because else None
    return f"often goes with {cause.name}" if cause else "often goes with what you looked at"
