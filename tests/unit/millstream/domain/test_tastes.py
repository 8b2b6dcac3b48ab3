"""What a user's recent events say."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.views.tastes import TAIL_DECAY, TAIL_ITEMS, advanced, tail, transitions
from millstream.domain.views.user_state import RECENT_EVENTS, UserState
from tests.builders import NOW_MS, event, state_of, views
from tests.unit.tools.lab.made_up import interactions


def keys(*item_ids: str) -> list[bytes]:
    """The items' keys."""
    return [item_key(item_id) for item_id in item_ids]


def test_the_tail_is_the_latest_distinct_items_newest_first() -> None:
    """An item seen again moves to the front."""
    assert tail(state_of(views("a", "b", "c", "a"))) == keys("a", "c", "b")


def test_the_tail_is_ten_items_long() -> None:
    """Or as long as it is asked to be."""
    state = state_of(views(*(str(number) for number in range(30))))
    assert tail(state) == keys(*(str(number) for number in range(29, 19, -1)))
    assert tail(state, 2) == keys("29", "28")


def test_a_stranger_has_no_tail() -> None:
    """Nothing is known."""
    assert tail(UserState()) == []


@pytest.mark.parametrize("kind", [EventKind.ItemDisliked, EventKind.ItemHidden])
def test_a_rejected_item_leaves_the_tail(kind: EventKind) -> None:
    """Until it is looked at again it leads to nothing."""
    state = state_of([*views("a", "b"), event("a", kind, at_ms=NOW_MS + 2_000)])
    assert tail(state) == keys("b")
    state_of(views(*(f"item-{number}" for number in range(RECENT_EVENTS)), "a", start_ms=NOW_MS + 3_000), state)
    assert tail(state, 1) == keys("a")


@pytest.mark.parametrize("kind", [EventKind.ItemSkipped, EventKind.ItemRemovedFromCart])
def test_what_was_passed_over_says_nothing(kind: EventKind) -> None:
    """It adds nothing and takes nothing back."""
    before = state_of(views("a", "b"))
    after = state_of([*views("a", "b"), event("a", kind, at_ms=NOW_MS + 2_000)])
    assert tail(after) == tail(before)
    assert list(transitions(keys("b"), item_key("a"), kind)) == []
    assert advanced(keys("b", "a"), item_key("a"), kind) == keys("b", "a")


@pytest.mark.parametrize(("stars", "says"), [(0.5, False), (1.7, False), (1.75, True), (5.0, True), (math.nan, True)])
def test_a_bad_rating_says_nothing(stars: float, says: bool) -> None:
    """Neither to a model that is asked nor to one that is fitted, as it was sent and as a row keeps it."""
    rating = event("a", EventKind.ItemRated, at_ms=NOW_MS + 9_000, value=None if math.isnan(stars) else stars)
    after = state_of([*views("b"), rating])
    assert tail(after) == (keys("a", "b") if says else keys("b"))
    assert bool(list(transitions(keys("b"), item_key("a"), EventKind.ItemRated, stars))) is says
    assert advanced(keys("b"), item_key("a"), EventKind.ItemRated, stars) == tail(after)
    rows = replace(interactions(("ann", "a"), ("ann", "b")), kind=np.array([1, 4]), value=np.array([np.nan, stars]))
    assert rows.liked.tolist() == [True, says]


def test_a_new_item_follows_every_item_of_the_tail() -> None:
    """Each says less than the one after it."""
    assert list(transitions(keys("c", "b", "a"), item_key("d"), EventKind.ItemViewed)) == [
        (item_key("c"), item_key("d"), 1.0),
        (item_key("b"), item_key("d"), TAIL_DECAY),
        (item_key("a"), item_key("d"), TAIL_DECAY**2),
    ]


def test_an_item_does_not_follow_itself() -> None:
    """It keeps its place in the order, but says nothing about itself."""
    assert list(transitions(keys("c", "b"), item_key("b"), EventKind.ItemViewed)) == [
        (item_key("c"), item_key("b"), 1.0)
    ]


def test_another_event_on_the_newest_item_says_nothing() -> None:
    """A view that becomes a purchase is one step, not two."""
    assert list(transitions(keys("c", "b"), item_key("c"), EventKind.ItemViewed)) == []
    assert list(transitions([], item_key("c"), EventKind.ItemViewed)) == []


@pytest.mark.parametrize("item_id", ["new", "3", "12"])
def test_the_tail_advances_as_the_state_does(item_id: str) -> None:
    """With an item that is new to it, in it, or at its front."""
    state = state_of(views(*(str(number) for number in range(13))))
    before = tail(state)
    state_of(views(item_id, start_ms=NOW_MS + 10**6), state)
    assert advanced(before, item_key(item_id), EventKind.ItemViewed) == tail(state)
    assert len(tail(state)) == TAIL_ITEMS
