"""DESIGN law 4: what training folds over the log is what serving reads from a row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import BEHAVIOUR, CONSUMED, LEARNED, REJECTED, REMEMBERED, EventKind
from millstream.domain.views import user_row
from millstream.domain.views.tastes import TAIL_ITEMS, advanced, everything, purchased, rejected, session, tail
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_ITEMS, UserState
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
    """Tail, session and purchases; the tail has the latest items that were not only rejected."""
    state, _ = walked(way)
    mine = everything(state)
    latest = tail(state)
    assert len(set(latest)) == len(latest) == min(TAIL_ITEMS, len(liked(state)))
    assert set(latest) <= liked(state)
    assert session(state) | liked(state) | rejected(state) | set(purchased(state)) <= mine


@given(ways)
def test_purchases_and_rejections_are_those_of_the_whole_way(way: list[tuple[str, EventKind, int]]) -> None:
    """While no more items of each kind were bought, rated, liked or rejected than a row remembers."""
    state, _ = walked(way)
    opinions = [(event(item_id).item_key, kind) for item_id, kind, _ in way if kind in REMEMBERED]
    if len(set(opinions)) <= REMEMBERED_ITEMS:
        assert set(purchased(state)) == {item for item, kind in opinions if kind in CONSUMED}
        assert rejected(state) == {item for item, kind in dict(opinions).items() if kind in REJECTED}
    kept = [(one.item, one.kind) for one in state.remembered()]
    assert kept == list(dict.fromkeys(reversed(opinions)))[:REMEMBERED_ITEMS]
