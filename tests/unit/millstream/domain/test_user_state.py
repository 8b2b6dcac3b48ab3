"""What a user's row remembers, event by event."""

from __future__ import annotations

import pytest

from millstream.domain.keys import item_key
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.views import user_row
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_TAGS, UserState
from tests.builders import NOW_MS, SHARD, cores, event, state_of, views

SHARD_NUMBER = shard_number(SHARD)


def test_recent_events_come_newest_first() -> None:
    """With their kinds and the pauses before them."""
    state = state_of(
        [
            event("lamp"),
            event("desk", EventKind.ItemAddedToCart, at_ms=NOW_MS + 2_000),
            event("desk", EventKind.ItemPurchased, at_ms=NOW_MS + 62_000),
        ]
    )
    assert list(state.recent()) == [
        (item_key("desk"), EventKind.ItemPurchased, 60),
        (item_key("desk"), EventKind.ItemAddedToCart, 2),
        (item_key("lamp"), EventKind.ItemViewed, 0),
    ]


def test_a_record_at_or_before_the_position_changes_nothing() -> None:
    """A second delivery, late or at once."""
    state = UserState()
    state.fold(SHARD_NUMBER, 7, cores(event("lamp")))
    for sequence in (7, 6, 1):
        assert state.fold(SHARD_NUMBER, sequence, cores(event("desk"))) == []
    assert state.fold(SHARD_NUMBER - 1, 99, cores(event("desk"))) == []
    assert (state.applied, state.position) == (1, Position(SHARD, 7))


def test_a_record_in_which_nothing_counts_does_not_move_the_position() -> None:
    """So that the row's bytes do not depend on whether it was written for another record of the same batch."""
    state = UserState()
    state.fold(SHARD_NUMBER, 7, cores(event("lamp")))
    assert state.fold(SHARD_NUMBER, 8, cores(event(None, EventKind.SlateServed))) == []
    assert state.position == Position(SHARD, 7)


def test_a_repeated_event_id_counts_as_a_duplicate_and_moves_the_position() -> None:
    """In the same record and in a later one."""
    state = UserState()
    state.fold(SHARD_NUMBER, 1, cores(event("lamp", event_id="e"), event("lamp", event_id="e")))
    assert state.fold(SHARD_NUMBER, 2, cores(event("desk", event_id="e"))) == []
    assert (state.applied, state.duplicates, state.position.sequence_number) == (1, 2, 2)


@pytest.mark.parametrize(("between", "known"), [(REMEMBERED_TAGS - 1, True), (REMEMBERED_TAGS, False)])
def test_an_event_id_is_remembered_for_a_ring_of_event_ids(between: int, known: bool) -> None:
    """And forgotten when as many others came after it, whether they came in one record or in many."""
    others = views(*(str(number) for number in range(between)), start_ms=NOW_MS + 1)
    one_by_one = state_of([event(event_id="e"), *others, event(event_id="e", at_ms=NOW_MS + 10**6)])
    at_once = UserState()
    at_once.fold(SHARD_NUMBER, 1, cores(event(event_id="e"), *others, event(event_id="e", at_ms=NOW_MS + 10**6)))
    assert one_by_one.duplicates == at_once.duplicates == int(known)


@pytest.mark.parametrize(
    ("tags", "last", "known"),
    [
        ([b"abcdef", b"ghijkl"], b"defghi", False),
        ([b"abcdef", b"ghijkl"], b"ghijkl", True),
        ([b"xaaaaa", b"aaaaaa"], b"aaaaaa", True),
        ([b"xaaaaa", b"aaaaax"], b"aaaaaa", False),
    ],
)
def test_a_tag_is_known_only_as_a_whole(tags: list[bytes], last: bytes, known: bool) -> None:
    """Not when its bytes lie across two other tags; and also when they lie there before they lie in their place."""
    state = UserState()
    for sequence, tag in enumerate([*tags, last], 1):
        state.fold(SHARD_NUMBER, sequence, [(item_key("lamp"), tag, NOW_MS, 0.0, EventKind.ItemViewed)])
    assert state.duplicates == int(known)


def test_only_the_latest_events_are_recent() -> None:
    """A hundred of them, and all are counted."""
    state = state_of(views(*(str(number) for number in range(RECENT_EVENTS + 5))))
    recent = list(state.recent())
    assert len(recent) == RECENT_EVENTS
    assert recent[0].item == item_key(str(RECENT_EVENTS + 4))
    assert recent[-1].item == item_key("5")
    assert state.applied == RECENT_EVENTS + 5


def test_reported_satisfaction_counts_but_is_not_behaviour() -> None:
    """It is about a slate, not a step of the user's way through the shop."""
    state = state_of([event("lamp", EventKind.SatisfactionReported)])
    assert (state.applied, list(state.recent())) == (1, [])


@pytest.mark.parametrize("pause_s", [0, 1, 59, 255])
def test_short_pauses_are_exact(pause_s: int) -> None:
    """Below 256 seconds."""
    assert _pause(pause_s) == pause_s


@pytest.mark.parametrize("pause_s", [256, 257, 1_000, 1_799, 3_601, 86_400, 10**6, 10**8, 2**31 - 1])
def test_long_pauses_are_exact_to_eight_bits(pause_s: int) -> None:
    """Never longer than the truth, and shorter by less than 0.8 %."""
    assert pause_s * (1 - 1 / 128) < _pause(pause_s) <= pause_s


def test_the_end_of_a_session_is_told_exactly() -> None:
    """Half an hour is half an hour: the code does not round a second less up to it, nor it down."""
    assert _pause(1_799) < 1_800 == _pause(1_800)


@pytest.mark.parametrize("seconds_back", [1, 3_600])
def test_an_event_with_a_clock_behind_its_predecessor_counts_as_simultaneous(seconds_back: int) -> None:
    """No negative pause, and the next pause counts from the latest time seen."""
    state = state_of([event("a"), event("b", at_ms=NOW_MS - seconds_back * 1000), event("c", at_ms=NOW_MS + 5_000)])
    assert [one.pause_s for one in state.recent()] == [5, 0, 0]


def test_parts_of_a_second_add_up() -> None:
    """Five events 400 ms apart are not five simultaneous events."""
    state = state_of([event(str(step), at_ms=NOW_MS + 400 * step) for step in range(6)])
    assert sum(one.pause_s for one in state.recent()) == 1


def _pause(pause_s: int) -> int:
    state = state_of([event("a", at_ms=0), event("b", at_ms=pause_s * 1000)])
    return next(state.recent()).pause_s


def test_an_erased_user_is_as_one_of_whom_nothing_was_ever_known() -> None:
    """Except for the position, which keeps a second delivery out."""
    state = state_of(views("lamp", "vase"))
    erased = cores(Event(EventKind.UserErased, "e", None, NOW_MS, None, {}))
    assert state.fold(0, 9, erased) == []
    assert (state.applied, state.duplicates, list(state.recent())) == (0, 0, [])
    assert user_row.is_blank(user_row.pack(state))
    assert state.fold(0, 2, cores(*views("vase"))) == []
    fresh = cores(*views("vase"))
    assert state.fold(0, 10, fresh) == fresh
    known = UserState()
    known.fold(0, 10, fresh)
    assert user_row.pack(state) == user_row.pack(known)


def test_a_long_life_takes_no_more_room_than_a_short_one() -> None:
    """A rebuild folds years in one go; the row is the same as if it had been written now and then."""
    happened = views(*(f"item-{number}" for number in range(3_000)))
    state, often = state_of(happened), UserState()
    for start in range(0, len(happened), 7):
        often = user_row.unpack(user_row.pack(state_of(happened[start : start + 7], often)))
    assert user_row.pack(state) == user_row.pack(often)
    assert len(state.marks) <= 4 * RECENT_EVENTS
    assert len(state.items) <= 4 * RECENT_EVENTS * 6
    assert len(state.tags) <= 16 * REMEMBERED_TAGS * 6


def test_an_event_of_a_kind_that_only_a_newer_version_knows_is_passed_over() -> None:
    """While versions are deployed or taken back, rows of both are read."""
    state = state_of([event("a", at_ms=NOW_MS), event("b", at_ms=NOW_MS + 1), event("c", at_ms=NOW_MS + 2)])
    unknown = max(kind.traits.slot or 0 for kind in EventKind) + 1
    state.marks[1] = unknown << 13
    assert [recent.item for recent in state.recent()] == [item_key("c"), item_key("a")]
