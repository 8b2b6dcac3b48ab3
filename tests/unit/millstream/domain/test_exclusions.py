"""Which items a user's past excludes, by kind of event, age and session."""

from __future__ import annotations

import pytest

from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views.user_state import DAY_MS, RECENT_EVENTS, REMEMBERED_ITEMS, UserState
from tests.builders import NOW_MS, event, state_of, views

HALF_AN_HOUR_MS = 30 * 60 * 1000


def keys(*item_ids: str) -> set[bytes]:
    """The items' keys."""
    return {item_key(item_id) for item_id in item_ids}


def excluded(state: UserState, seen: SeenItems, now_ms: int = NOW_MS) -> set[bytes]:
    """What a request at that time must not show."""
    return excluded_items(past_of(state), seen, now_ms)


@pytest.mark.parametrize("seen", SeenItems)
def test_nothing_is_excluded_for_a_stranger(seen: SeenItems) -> None:
    """There is no past."""
    assert excluded(UserState(), seen) == set()


def test_a_session_ends_at_a_pause_of_half_an_hour() -> None:
    """What came before the pause is of an earlier session."""
    later_ms = NOW_MS + HALF_AN_HOUR_MS
    state = state_of([event("a"), event("b", at_ms=later_ms), event("c", at_ms=later_ms + HALF_AN_HOUR_MS - 1000)])
    now_ms = later_ms + HALF_AN_HOUR_MS
    assert excluded(state, SeenItems.SESSION, now_ms) == keys("b", "c")
    assert excluded(state, SeenItems.ALL, now_ms) == keys("a", "b", "c")
    assert excluded(state, SeenItems.NONE, now_ms) == set()


def test_a_session_ends_also_by_the_clock_of_the_request() -> None:
    """An item that was seen a month ago was not seen in this session."""
    state = state_of(views("a", "b"))
    last_ms = state.last_ms
    assert excluded(state, SeenItems.SESSION, last_ms + HALF_AN_HOUR_MS - 1) == keys("a", "b")
    assert excluded(state, SeenItems.SESSION, last_ms + HALF_AN_HOUR_MS) == set()
    assert excluded(state, SeenItems.SESSION, last_ms + 30 * DAY_MS) == set()
    assert excluded(state, SeenItems.SESSION, last_ms - DAY_MS) == keys("a", "b"), "a clock that is behind"


def test_purchases_are_excluded_for_90_days() -> None:
    """Not what was only in the cart; after a row full of views too."""
    state = state_of(
        [
            event("a", EventKind.ItemPurchased, at_ms=NOW_MS - 90 * DAY_MS),
            event("b", EventKind.ItemPurchased, at_ms=NOW_MS - DAY_MS),
            event("c", EventKind.ItemAddedToCart),
        ]
    )
    assert excluded(state, SeenItems.PURCHASED) == keys("a", "b")
    assert excluded(state, SeenItems.PURCHASED, NOW_MS + DAY_MS) == keys("b")
    assert excluded(state, SeenItems.PURCHASED, NOW_MS + 90 * DAY_MS) == set()
    for number in range(2):
        more = (f"item-{number}-{place}" for place in range(RECENT_EVENTS))
        state_of(views(*more, start_ms=NOW_MS + 10**6 * (number + 1)), state)
    assert excluded(state, SeenItems.PURCHASED) == keys("a", "b")
    assert excluded(state, SeenItems.PURCHASED, NOW_MS + DAY_MS) == keys("b")


def test_beyond_what_a_row_keeps_the_oldest_purchases_are_forgotten() -> None:
    """The 64 recent events, and 20 purchases and opinions."""
    bought = [f"bought-{number}" for number in range(REMEMBERED_ITEMS + 5)]
    events = [
        event(item_id, EventKind.ItemPurchased, at_ms=NOW_MS + place, event_id=item_id)
        for place, item_id in enumerate(bought)
    ]
    state = state_of(events)
    assert excluded(state, SeenItems.PURCHASED) == keys(*bought)
    state_of(views(*(f"item-{number}" for number in range(RECENT_EVENTS)), start_ms=NOW_MS + 9_000), state)
    assert excluded(state, SeenItems.PURCHASED) == keys(*bought[5:])


@pytest.mark.parametrize("seen", SeenItems)
@pytest.mark.parametrize("kind", [EventKind.ItemDisliked, EventKind.ItemHidden])
def test_what_a_user_rejected_never_comes_back(kind: EventKind, seen: SeenItems) -> None:
    """Whatever the request says, after any time, and although it is looked at again."""
    state = state_of([event("a", kind), *views("b", "a", start_ms=NOW_MS + 10**7)])
    assert keys("a") <= excluded(state, seen, NOW_MS + 3_000 * DAY_MS)


@pytest.mark.parametrize("kind", [EventKind.ItemLiked, EventKind.ItemRated, EventKind.ItemPurchased])
def test_the_latest_opinion_decides(kind: EventKind) -> None:
    """Whoever likes, rates or buys an item does not reject it any longer."""
    one, other = event("a", EventKind.ItemDisliked), event("a", kind, at_ms=NOW_MS + 1)
    assert excluded(state_of([one, other]), SeenItems.NONE) == set()
    hidden = event("a", EventKind.ItemHidden, at_ms=NOW_MS + 2)
    assert excluded(state_of([other, hidden]), SeenItems.NONE) == keys("a")


@pytest.mark.parametrize("kind", [EventKind.ItemSkipped, EventKind.ItemRemovedFromCart])
def test_what_was_passed_over_may_come_back(kind: EventKind) -> None:
    """After the session."""
    state = state_of([event("a", kind)])
    assert excluded(state, SeenItems.SESSION) == keys("a")
    assert excluded(state, SeenItems.SESSION, NOW_MS + DAY_MS) == set()
