"""The bytes of a user row, and what it costs to write them."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.adapters.aws.dynamo_feature_store import user_key
from millstream.application.ports import FIRST_VIEW
from millstream.domain.errors import InvalidRecordError
from millstream.domain.log.kinds import EventKind
from millstream.domain.views import user_row
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_TAGS, UserState
from tests.builders import NOW_MS, cores, event, state_of, subject
from tests.references.dynamo_size import item_bytes, write_units

LARGEST_SEQUENCE_NUMBER = 2**186 - 1
LARGEST_VERSION = 10**18 - 1


def full_state() -> UserState:
    """A state of which nothing could be larger: distinct items, every tag, the longest position."""
    happened = [
        event(f"item-{number}", EventKind.ItemRated, at_ms=NOW_MS + number * 86_400_000, event_id=f"e{number}")
        for number in range(RECENT_EVENTS + 50)
    ]
    state = state_of(happened)
    state.fold(999, LARGEST_SEQUENCE_NUMBER, cores(event("last", at_ms=2**62, event_id="last")))
    return state


def test_a_full_row_is_991_bytes() -> None:
    """A hundred recent events and the whole ring: what the module says of itself."""
    row = user_row.pack(full_state())
    assert len(row) == 991
    assert len(list(user_row.unpack(row).recent())) == RECENT_EVENTS
    assert len(user_row.unpack(row).tags) == REMEMBERED_TAGS * 6


def test_a_full_row_costs_one_write_unit() -> None:
    """All in: attribute names, the pseudonym and a version of eighteen digits; DESIGN section 5 promises it."""
    row = user_row.pack(full_state())
    item: dict[str, dict[str, Any]] = {
        **user_key(FIRST_VIEW.number, subject("ann")),
        "s": {"B": row},
        "v": {"N": str(LARGEST_VERSION)},
    }
    assert item_bytes(item) <= 1024
    assert write_units(item_bytes(item)) == 1


def test_a_row_forgets_what_a_state_no_longer_needs() -> None:
    """A state that grew over a batch and one that was packed on the way give the same bytes."""
    grown = full_state()
    packed_on_the_way = user_row.unpack(user_row.pack(grown))
    for state in (grown, packed_on_the_way):
        state.fold(999, LARGEST_SEQUENCE_NUMBER + 1, cores(event("more", at_ms=2**62 + 1, event_id="more")))
    assert user_row.pack(grown) == user_row.pack(packed_on_the_way)


def test_the_row_of_nobody_is_a_header() -> None:
    """An empty state packs and unpacks."""
    row = user_row.pack(UserState())
    assert len(row) == 47
    assert user_row.pack(user_row.unpack(row)) == row


@pytest.mark.parametrize(
    "row", [b"", b"\x01", b"\x02" + bytes(46), user_row.pack(full_state())[:-1], user_row.pack(full_state()) + b"x"]
)
def test_bytes_that_are_no_row_are_refused(row: bytes) -> None:
    """Too short, too long, or of a format to come."""
    with pytest.raises(InvalidRecordError, match="user row: expected"):
        user_row.unpack(row)
