"""What a user's row remembers, event by event."""

from __future__ import annotations

import pytest

from millstream.domain.attributes import FORGOTTEN, NO_ATTRIBUTES, codes_of, joined
from millstream.domain.keys import item_key
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.views import user_row
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_ITEMS, REMEMBERED_TAGS, UserState
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
        (item_key("desk"), EventKind.ItemPurchased, 60, None),
        (item_key("desk"), EventKind.ItemAddedToCart, 2, None),
        (item_key("lamp"), EventKind.ItemViewed, 0, None),
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
    """As many as a row has room for, and all are counted."""
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
    state.attributes, state.experiment = b"\x01" * 16, 7
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
    assert len(state.events) <= 4 * RECENT_EVENTS * 9
    assert len(state.tags) <= 16 * REMEMBERED_TAGS * 6


def test_an_event_of_a_kind_that_only_a_newer_version_knows_is_passed_over() -> None:
    """While versions are deployed or taken back, rows of both are read."""
    state = state_of([event("a", at_ms=NOW_MS), event("b", at_ms=NOW_MS + 1), event("c", at_ms=NOW_MS + 2)])
    unknown = max(kind.traits.slot or 0 for kind in EventKind) + 1
    state.events[9 + 6] = unknown << 3
    assert [recent.item for recent in state.recent()] == [item_key("c"), item_key("a")]


def test_values_are_kept_on_the_scale_of_their_kind() -> None:
    """To the nearest step; what is outside counts as the first or the last one, and what has no value has none."""
    state = state_of(
        event("a", kind, event_id=f"{kind.name} {value}", value=value)
        for kind, value in (
            (EventKind.ItemRated, None),
            (EventKind.ItemRated, 4.5),
            (EventKind.ItemRated, 3.3),
            (EventKind.ItemRated, -7.0),
            (EventKind.ItemRated, 100.0),
            (EventKind.ItemRated, float("inf")),
            (EventKind.ItemPlayed, 0.0),
            (EventKind.ItemPlayed, 1.0),
            (EventKind.ItemPurchased, 19.9),
        )
    )
    assert [one.value for one in state.recent()] == [None, 1.0, 0.0, 30.0, 30.0, -1.0, 3.5, 4.5, None]


def test_purchases_and_opinions_are_remembered_longer_than_views() -> None:
    """With their values and their days, the latest first."""
    state = state_of(
        [
            event("lamp", EventKind.ItemPurchased),
            event("desk", EventKind.ItemRated, at_ms=NOW_MS + 1, value=4.0),
            event("vase", EventKind.ItemDisliked, at_ms=NOW_MS + 86_400_000),
            *views(*(str(number) for number in range(RECENT_EVENTS)), start_ms=NOW_MS + 86_400_001),
        ]
    )
    day = NOW_MS // 86_400_000
    assert {one.kind for one in state.recent()} == {EventKind.ItemViewed}
    assert list(state.remembered()) == [
        (item_key("vase"), EventKind.ItemDisliked, None, day + 1),
        (item_key("desk"), EventKind.ItemRated, 4.0, day),
        (item_key("lamp"), EventKind.ItemPurchased, None, day),
    ]


def test_an_item_takes_one_place_a_kind_among_the_remembered() -> None:
    """Bought again it moves to the front, and what was rated since stays a purchase too."""
    state = state_of(
        event(item, kind, at_ms=NOW_MS + place, event_id=str(place))
        for place, (item, kind) in enumerate(
            [
                ("lamp", EventKind.ItemPurchased),
                ("desk", EventKind.ItemPurchased),
                ("lamp", EventKind.ItemRated),
                ("lamp", EventKind.ItemPurchased),
            ]
        )
    )
    assert [(one.item, one.kind) for one in state.remembered()] == [
        (item_key("lamp"), EventKind.ItemPurchased),
        (item_key("lamp"), EventKind.ItemRated),
        (item_key("desk"), EventKind.ItemPurchased),
    ]


def test_only_the_latest_purchases_are_remembered() -> None:
    """As many as a row has room for."""
    bought = [
        event(f"item-{number}", EventKind.ItemPurchased, event_id=str(number)) for number in range(REMEMBERED_ITEMS + 3)
    ]
    remembered = [one.item for one in state_of(bought).remembered()]
    assert remembered == [item_key(f"item-{number}") for number in range(REMEMBERED_ITEMS + 2, 2, -1)]


def test_a_session_starts_with_the_first_event_and_after_half_an_hour_without_one() -> None:
    """An event whose clock is behind, or that is no behaviour, starts none."""
    state, starts = UserState(), []
    later_ms = NOW_MS + 1_800_000 + 5
    happened = [
        event("a", at_ms=NOW_MS + 5),
        event("b", at_ms=NOW_MS + 1_700_000),
        event("c", at_ms=NOW_MS - 9_000_000),
        event("d", EventKind.SatisfactionReported, at_ms=NOW_MS + 9_000_000),
        event("e", at_ms=NOW_MS + 1_700_000 + 1_800_000),
        event("f", at_ms=NOW_MS + 1_700_000 + 1_800_000 + later_ms),
    ]
    for one in happened:
        state_of([one], state)
        starts.append(state.session_ms)
    first, second, third = (happened[place].occurred_at_ms for place in (0, 4, 5))
    assert starts == [first, first, first, first, second, third]


def test_a_fold_keeps_the_experiment_as_it_is() -> None:
    """It is written by others, and forgotten with the user."""
    state = state_of(views("a"))
    state.experiment = 70_000
    state_of(views("b", "c", start_ms=NOW_MS + 9), state)
    assert user_row.unpack(user_row.pack(state)).experiment == 70_000


def test_a_row_has_the_latest_attributes() -> None:
    """Each by itself: a record says some of them, and forgets others; they are forgotten with the user."""
    state = UserState()
    for sequence, (item, codes) in enumerate((("a", [1, 2]), ("b", [0, 0]), ("c", [3, FORGOTTEN])), 1):
        state.fold(0, sequence, cores(event(item)), None, joined([*codes, *[0] * 6]))
    assert codes_of(user_row.unpack(user_row.pack(state)).attributes) == (3, 0, 0, 0, 0, 0, 0, 0)
    state.fold(0, 4, cores(event(None, EventKind.UserErased)))
    assert state.attributes == NO_ATTRIBUTES


def test_a_call_that_is_sent_again_late_does_not_bring_old_attributes_back() -> None:
    """Nor do those of a slate count, which the user may never have seen."""
    state = UserState()
    first, second = cores(event("a")), cores(event("b"))
    for sequence, (happened, code) in enumerate(((first, 1), (second, 2), (first, 1)), 1):
        state.fold(0, sequence, happened, None, joined([code, *[0] * 7]))
    state.fold(0, 4, cores(event(None, EventKind.SlateServed)), None, joined([1, *[0] * 7]))
    assert codes_of(state.attributes)[0] == 2


def test_a_description_is_no_behaviour() -> None:
    """It counts, and changes the attributes alone."""
    state = state_of(views("a"))
    recent, last_ms = list(state.recent()), state.last_ms
    described = event(None, EventKind.UserDescribed, at_ms=NOW_MS + 9_000_000)
    state.fold(shard_number(SHARD), 10, cores(described), None, joined([7, *[0] * 7]))
    assert (list(state.recent()), state.last_ms, state.applied) == (recent, last_ms, 2)
    assert codes_of(state.attributes)[0] == 7
