"""Exactly-once effect, through the HTTP API and the deployed function: repeated by the client, delivered again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from millstream.domain.keys import pseudonym
from millstream.domain.views import user_row
from millstream.domain.views.user_state import UserState
from tests.e2e.clean_run import assert_exactly_once, views_of
from tests.e2e.stack import Stack, event
from tests.e2e.stream import Entry

pytestmark = pytest.mark.cloud

Cut = Callable[[Sequence[Entry]], list[Sequence[Entry]]]


def state_of(stack: Stack, user: str) -> UserState:
    """The state in a user's row."""
    return user_row.unpack(stack.stores.features().read_user(pseudonym(user, stack.stores.secret())).data)


def test_a_call_that_the_client_repeats_counts_once(stack: Stack) -> None:
    """A client that never saw the answer sends the same call again: accepted twice, in effect once."""
    call = [event("lamp", "twice-1"), event("desk", "twice-2", "ItemPurchased", eventValue=320)]
    first = stack.accept("twice", *call)
    second = stack.accept("twice", *call)
    assert second > first
    stack.drain()
    state = state_of(stack, "twice")
    assert (state.applied, state.duplicates) == (2, 2)
    assert state.position == second
    assert_exactly_once(stack)


def test_of_a_call_with_new_and_repeated_events_only_the_new_ones_count(stack: Stack) -> None:
    """A client adds to what it could not be sure of; one id comes twice within the same call."""
    stack.accept("mixed", event("lamp", "mixed-1"), event("desk", "mixed-2"))
    stack.accept("mixed", event("desk", "mixed-2"), event("vase", "mixed-3"), event("vase", "mixed-3"))
    stack.accept("mixed", event("lamp", "mixed-1"))
    stack.drain()
    state = state_of(stack, "mixed")
    assert (state.applied, state.duplicates) == (3, 3)
    assert_exactly_once(stack)


def test_another_event_under_an_id_of_an_earlier_call_is_refused(stack: Stack) -> None:
    """The local cloud keeps one instance of the function, which knows what it took."""
    stack.accept("renamed", event("lamp", "renamed-1"))
    answer = stack.send("renamed", event("desk", "renamed-1"))
    assert (answer.status, answer.body["accepted"]) == (400, [])
    assert [one["field"] for one in answer.body["rejected"]] == ["eventList[0].eventId"]


def test_an_event_without_an_id_that_is_sent_again_counts_once(stack: Stack) -> None:
    """The id is made of what the event says, its time included: two looks a second apart are two."""
    for sent_at in (1_790_000_000.0, 1_790_000_000.0, 1_790_000_001.0):
        stack.accept("nameless", event("lamp", sentAt=sent_at))
    stack.drain()
    state = state_of(stack, "nameless")
    assert (state.applied, state.duplicates) == (2, 1)
    assert_exactly_once(stack)


def whole(batch: Sequence[Entry]) -> list[Sequence[Entry]]:
    """The same batch."""
    return [batch]


def overlapping(batch: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Two batches that share their middle."""
    third = len(batch) // 3
    return [batch[: 2 * third], batch[third:]]


def one_by_one(batch: Sequence[Entry]) -> list[Sequence[Entry]]:
    """A batch a record, as bisecting ends."""
    return [[entry] for entry in batch]


def latest_first(batch: Sequence[Entry]) -> list[Sequence[Entry]]:
    """Halves in the wrong order: the late answer of a function that was given up."""
    middle = len(batch) // 2
    return [batch[middle:], batch[:middle]]


@pytest.mark.parametrize("cut", [whole, overlapping, one_by_one, latest_first], ids=lambda cut: cut.__name__)
def test_a_batch_that_is_delivered_again_changes_nothing(stack: Stack, cut: Cut) -> None:
    """Not a byte of any row, and not even its version: a second delivery writes nothing."""
    users = [f"{cut.__name__}-{number}" for number in range(6)]
    for turn in range(2):
        for user in users:
            stack.accept(user, event("lamp", f"{turn}-a"), event("vase", f"{turn}-b", "ItemAddedToCart"))
    stack.drain()
    assert_exactly_once(stack)
    before = views_of(stack.cloud)
    for entries in stack.stream.entries().values():
        for batch in cut(entries[-9:]):
            assert stack.stream.hand_over("ProjectEvents", batch) == {"batchItemFailures": []}
    assert views_of(stack.cloud) == before
    assert_exactly_once(stack)
