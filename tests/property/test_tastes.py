"""DESIGN law 4: what training folds over the log is what serving reads from a row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import BEHAVIOUR, CONSUMED, LEARNED, REJECTED, REMEMBERED, EventKind
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views import user_row
from millstream.domain.views.tastes import TAIL_ITEMS, advanced, tail
from millstream.domain.views.user_state import DAY_MS, RECENT_EVENTS, REMEMBERED_ITEMS, SESSION_GAP_S, UserState
from tests.builders import NOW_MS, cores, event

steps = st.tuples(
    st.integers(0, 15).map("item-{}".format), st.sampled_from(sorted(BEHAVIOUR)), st.integers(0, 4_000_000)
)
ways = st.lists(steps, max_size=40) | st.lists(steps, min_size=RECENT_EVENTS, max_size=RECENT_EVENTS + 30)


def walked(way: list[tuple[str, EventKind, int]]) -> tuple[UserState, list[ItemKey]]:
    """A user's state after a way through the shop, and the tail as training advances it step by step."""
    state, at_ms = UserState(), NOW_MS
    advancing: list[ItemKey] = []
    for sequence, (item_id, kind, pause_ms) in enumerate(way, 1):
        at_ms += pause_ms
        one = event(item_id, kind, at_ms=at_ms, event_id=f"e{sequence}")
        state.fold(0, sequence, cores(one))
        advancing = advanced(advancing, one.item_key, kind)
    return state, advancing


def excluded(state: UserState, seen: SeenItems, pause_ms: int = 0) -> set[ItemKey]:
    """The items that a request excludes, so long after the latest event."""
    return excluded_items(past_of(state), seen, state.last_ms + pause_ms)


def liked(state: UserState) -> set[ItemKey]:
    """Items of recent events that a model learns from, and that were not rejected since."""
    counted = [event for event in state.recent() if event.kind in LEARNED | REJECTED]
    latest = {event.item: event.kind for event in reversed(counted)}
    return {item for item, kind in latest.items() if kind in LEARNED}


@given(ways)
def test_the_tail_of_training_is_the_tail_of_serving(way: list[tuple[str, EventKind, int]]) -> None:
    """As far back as a row remembers; also after the row was stored and read. Rejected items leave gaps in training."""
    state, advancing = walked(way)
    recent = liked(state)
    known = [item for item in advancing if item in recent]
    assert tail(state)[: len(known)] == known
    if not any(kind in REJECTED for _, kind, _ in way):
        assert tail(state) == known
    assert tail(user_row.unpack(user_row.pack(state))) == tail(state)


@given(ways)
def test_what_a_user_did_is_among_everything_the_user_did(way: list[tuple[str, EventKind, int]]) -> None:
    """The tail has the latest items that were not only rejected."""
    state, _ = walked(way)
    mine = excluded(state, SeenItems.ALL)
    latest = tail(state)
    assert len(set(latest)) == len(latest) == min(TAIL_ITEMS, len(liked(state)))
    assert set(latest) <= liked(state)
    assert liked(state) <= mine
    assert all(excluded(state, seen) <= mine for seen in SeenItems)


@given(ways)
def test_purchases_and_rejections_are_those_of_the_whole_way(way: list[tuple[str, EventKind, int]]) -> None:
    """While no more items of each kind were bought, rated, liked or rejected than a row remembers."""
    state, _ = walked(way)
    opinions = [(event(item_id).item_key, kind) for item_id, kind, _ in way if kind in REMEMBERED]
    if len(set(opinions)) <= REMEMBERED_ITEMS:
        rejected = {item for item, kind in dict(opinions).items() if kind in REJECTED}
        assert excluded(state, SeenItems.NONE) == rejected
        assert excluded(state, SeenItems.PURCHASED) == rejected | {item for item, kind in opinions if kind in CONSUMED}
    kept = [(one.item, one.kind) for one in state.remembered()]
    assert kept == list(dict.fromkeys(reversed(opinions)))[:REMEMBERED_ITEMS]


@given(ways, st.integers(0, 2 * SESSION_GAP_S))
def test_items_of_the_session_are_excluded_while_it_lasts(way: list[tuple[str, EventKind, int]], pause_s: int) -> None:
    """As far back as a row keeps events; a session ends at a pause, also at the one before the request."""
    state, _ = walked(way)
    mine: set[ItemKey] = set()
    pause_ms = 1000 * pause_s
    for item_id, _, before_ms in reversed(way[-RECENT_EVENTS:]):
        if pause_ms >= 1000 * SESSION_GAP_S:
            break
        mine.add(event(item_id).item_key)
        pause_ms = before_ms // 1000 * 1000
    assert excluded(state, SeenItems.SESSION, 1000 * pause_s) >= mine
    assert excluded(state, SeenItems.SESSION, DAY_MS) == excluded(state, SeenItems.NONE)
