"""A row that older code wrote goes on under today's as if today's had written it, as far as it has room for that."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.log.kinds import BEHAVIOUR, EventKind
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views import user_row
from millstream.domain.views.tastes import tail
from millstream.domain.views.user_state import RECENT_EVENTS, UserState
from tests.builders import NOW_MS, cores, event
from tests.other_code import as_format_1

OLD_KINDS = [kind for kind in sorted(BEHAVIOUR) if kind <= EventKind.ItemRated]


def ways(kinds: list[EventKind], most: int) -> st.SearchStrategy[list[tuple[str, EventKind, int]]]:
    """What a user did: items, kinds, and the pauses before, in milliseconds."""
    items = st.integers(0, 15).map("item-{}".format)
    steps = st.tuples(items, st.sampled_from(kinds), st.integers(-9_000, 4_000_000))
    return st.lists(steps, max_size=12) | st.lists(steps, min_size=most - 10, max_size=most)


def walk(state: UserState, way: list[tuple[str, EventKind, int]], since: int = 0) -> UserState:
    """The state after these events, each in a record of its own."""
    at_ms = max(state.last_ms, NOW_MS)
    for sequence, (item_id, kind, pause_ms) in enumerate(way, since + 1):
        at_ms += pause_ms
        state.fold(0, sequence, cores(event(item_id, kind, at_ms=at_ms, event_id=f"e{sequence}")))
    return state


@given(ways(OLD_KINDS, RECENT_EVENTS + 40), ways(sorted(BEHAVIOUR), RECENT_EVENTS + 20))
def test_a_user_goes_on_from_a_row_of_format_1(
    before: list[tuple[str, EventKind, int]], after: list[tuple[str, EventKind, int]]
) -> None:
    """Counts, events, tail, session and event ids are those of the whole way; memory is at most that."""
    clean = walk(UserState(), before)
    upcast = user_row.unpack(as_format_1(clean))
    assert user_row.pack(user_row.unpack(user_row.pack(upcast))) == user_row.pack(upcast)
    for state in (clean, upcast):
        walk(state, after, since=len(before))
        assert user_row.pack(state)[0] == user_row.FORMAT
    assert list(upcast.recent()) == list(clean.recent())
    assert tail(upcast) == tail(clean)
    session = [excluded_items(past_of(state), SeenItems.SESSION, state.last_ms) for state in (upcast, clean)]
    assert session[0] == session[1]
    assert (upcast.position, upcast.last_ms) == (clean.position, clean.last_ms)
    assert (upcast.applied, upcast.duplicates) == (clean.applied, clean.duplicates)
    assert upcast.tags[-24 * 6 :] == clean.tags[-24 * 6 :]
    known = {(one.item, one.kind) for one in clean.remembered()}
    assert {(one.item, one.kind) for one in upcast.remembered()} <= known


@given(ways(OLD_KINDS, RECENT_EVENTS))
def test_the_start_of_a_session_is_known_as_well_as_the_pauses_are(way: list[tuple[str, EventKind, int]]) -> None:
    """To a second and 0.8 % for each event."""
    clean = walk(UserState(), way)
    found = user_row.unpack(as_format_1(clean))
    lasted_ms = clean.last_ms - clean.session_ms
    assert 0 <= found.session_ms - clean.session_ms <= lasted_ms / 128 + 1000 * len(way)
