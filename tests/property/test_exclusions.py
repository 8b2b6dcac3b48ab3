"""DESIGN law 4: a question of an evaluation excludes the items that a request at its time would exclude."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.keys import item_key
from millstream.domain.log.kinds import BEHAVIOUR, REMEMBERED, EventKind
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views.pauses import pause_s
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_ITEMS, UserState
from millstream.learning.evaluation.time_split import time_split
from millstream.learning.interactions import Interactions
from tests.builders import NOW_MS, cores, event

ITEMS = [f"item-{number}" for number in range(200)]
PAUSES = [0, 1, 200, pause_s(3 << 8 | 224), pause_s(3 << 8 | 225), pause_s(9 << 8 | 168), pause_s(14 << 8 | 250)]
"""Seconds that a row keeps exactly: up to about half an hour, a day and 47 days."""

START_MS = NOW_MS + 3 * 3_600_000
"""Not at midnight, where remembered events would be in the session."""

Step = tuple[int, EventKind, int]


def steps(kinds: frozenset[EventKind], pauses: list[int]) -> st.SearchStrategy[Step]:
    """An item, what was done with it, and the pause before."""
    return st.tuples(
        st.integers(0, 9) | st.integers(0, len(ITEMS) - 1), st.sampled_from(sorted(kinds)), st.sampled_from(pauses)
    )


def long_ways(pauses: list[int]) -> st.SearchStrategy[list[Step]]:
    """Opinions, and then more events than a row keeps."""
    return st.builds(
        lambda opinions, then: [*opinions, *then],
        st.lists(steps(REMEMBERED, pauses), min_size=REMEMBERED_ITEMS - 5, max_size=REMEMBERED_ITEMS + 20),
        st.lists(steps(BEHAVIOUR - REMEMBERED, pauses), min_size=RECENT_EVENTS - 5, max_size=RECENT_EVENTS + 10),
    )


ways = st.lists(steps(BEHAVIOUR, PAUSES), min_size=1, max_size=30) | long_ways(PAUSES) | long_ways(PAUSES[:2])
"""The last are one session."""


def rows_of(way: list[Step]) -> Interactions:
    """The way of one user, after one event of another."""
    items, kinds, pauses = (np.array(column) for column in zip(*way, strict=True))
    return Interactions(
        user=np.array([1, *np.zeros(len(way), int)]),
        item=np.array([0, *items]),
        at=START_MS / 1000 + np.array([-1.0, *np.cumsum(pauses)]),
        users=["ann", "bob"],
        items=ITEMS,
        kind=np.array([int(EventKind.ItemViewed), *kinds]),
    )


def excluded_by_requests(way: list[Step], seen: SeenItems) -> list[set[str]]:
    """What a request excludes just before each step."""
    names = {item_key(item): item for item in ITEMS}
    state, at_ms, found = UserState(), START_MS, []
    for sequence, (item, kind, pause) in enumerate(way, 1):
        at_ms += 1000 * pause
        found.append({names[key] for key in excluded_items(past_of(state), seen, at_ms)})
        state.fold(0, sequence, cores(event(ITEMS[item], kind, at_ms=at_ms, event_id=f"e{sequence}")))
    return found


@given(ways, st.sampled_from(SeenItems))
def test_questions_and_requests_exclude_the_same_items(way: list[Step], seen: SeenItems) -> None:
    """Rejected items always; purchases and opinions also after a row full of later events, as many as it keeps."""
    rows = rows_of(way)
    questions = time_split(rows, 1.5 / len(rows), exclude=seen.value).questions
    assert [{ITEMS[item] for item in excluded} for excluded in questions.excluded] == excluded_by_requests(way, seen)
