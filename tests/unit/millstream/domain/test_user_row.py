"""The bytes of a user row, and what it costs to write them."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.adapters.aws.dynamo_feature_store import user_key
from millstream.application.ports import FIRST_VIEW
from millstream.domain.errors import InvalidRecordError, UnknownFormatError
from millstream.domain.keys import EVENT_TAG_BYTES
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import LATEST_MS
from millstream.domain.views import user_row
from millstream.domain.views.user_state import (
    EVENT_BYTES,
    KEPT_BYTES,
    RECENT_EVENTS,
    REMEMBERED_ITEMS,
    REMEMBERED_TAGS,
    UserState,
)
from tests.builders import NOW_MS, cores, event, state_of, subject
from tests.references.dynamo_size import WRITE_UNIT_BYTES, item_bytes, write_units

LARGEST_SEQUENCE_NUMBER = 2**186 - 1
LARGEST_VERSION = 10**18 - 1
BUDGET = {
    "attribute names u, s, v": 3,
    "key: version of the views, pseudonym": 18,
    "version of the row, up to 18 digits": 10,
    "header": 72,
    "64 recent events": 576,
    "20 remembered items": 200,
    "24 event tags": 144,
    "free": 1,
    "together": 1024,
}
"""The table in the module's docstring."""


def full_state() -> UserState:
    """A state of which nothing could be larger: distinct items, every tag, the longest position."""
    happened = [
        event(
            f"item-{number}", EventKind.ItemRated, at_ms=NOW_MS + number * 86_400_000, event_id=f"e{number}", value=99.0
        )
        for number in range(RECENT_EVENTS + 50)
    ]
    state = state_of(happened)
    state.fold(999, LARGEST_SEQUENCE_NUMBER, cores(event("last", at_ms=LATEST_MS, event_id="last")))
    state.attributes, state.experiment = b"\xff" * 16, 2**32 - 1
    return state


def test_a_full_row_holds_what_the_state_holds() -> None:
    """Every field at its largest comes back."""
    state = user_row.unpack(user_row.pack(full_state()))
    assert len(list(state.recent())) == RECENT_EVENTS
    assert len(list(state.remembered())) == REMEMBERED_ITEMS
    assert len(state.tags) == REMEMBERED_TAGS * 6
    assert (state.last_ms, state.session_ms) == (LATEST_MS, LATEST_MS)
    assert (state.attributes, state.experiment) == (b"\xff" * 16, 2**32 - 1)
    assert user_row.pack(state) == user_row.pack(full_state())


def test_a_full_row_costs_one_write_unit() -> None:
    """All in: attribute names, the pseudonym and a version of eighteen digits."""
    state = full_state()
    row = user_row.pack(state)
    item: dict[str, dict[str, Any]] = {
        **user_key(FIRST_VIEW.number, subject("ann")),
        "s": {"B": row},
        "v": {"N": str(LARGEST_VERSION)},
    }
    sections = [RECENT_EVENTS * EVENT_BYTES, REMEMBERED_ITEMS * KEPT_BYTES, REMEMBERED_TAGS * EVENT_TAG_BYTES]
    spent = [
        sum(len(name) for name in item),
        len(item["u"]["B"]),
        item_bytes({"v": item["v"]}) - 1,
        len(row) - sum(sections),
        *sections,
        WRITE_UNIT_BYTES - item_bytes(item),
        WRITE_UNIT_BYTES,
    ]
    assert dict(zip(BUDGET, spent, strict=True)) == BUDGET
    assert write_units(item_bytes(item)) == 1


def test_the_budget_is_what_the_module_says_of_itself() -> None:
    """The table in the docstring, line by line."""
    lines = [line.split("|") for line in (user_row.__doc__ or "").splitlines() if line.startswith("    |")]
    told = {name.strip(): count.strip() for _, name, count, _ in lines[2:]}
    assert told == {name: str(count) for name, count in BUDGET.items()}


def test_a_row_forgets_what_a_state_no_longer_needs() -> None:
    """A state that grew over a batch and one that was packed on the way give the same bytes."""
    grown = full_state()
    packed_on_the_way = user_row.unpack(user_row.pack(grown))
    for state in (grown, packed_on_the_way):
        state.fold(999, LARGEST_SEQUENCE_NUMBER + 1, cores(event("more", at_ms=LATEST_MS, event_id="more")))
    assert user_row.pack(grown) == user_row.pack(packed_on_the_way)


def test_the_row_of_nobody_is_a_header() -> None:
    """An empty state packs and unpacks."""
    row = user_row.pack(UserState())
    assert len(row) == 72
    assert user_row.pack(user_row.unpack(row)) == row


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x01" + bytes(44) + b"\x01\x01",
        b"\x02" + bytes(70),
        user_row.pack(full_state())[:-1],
        user_row.pack(full_state()) + b"x",
    ],
)
def test_bytes_that_are_no_row_are_refused(row: bytes) -> None:
    """Too short or too long for what they say."""
    with pytest.raises(InvalidRecordError) as refused:
        user_row.unpack(row)
    assert refused.value.field.startswith("user row")
    assert not isinstance(refused.value, UnknownFormatError)


def test_a_row_of_a_format_to_come_is_refused_by_name() -> None:
    """What it holds is not guessed at; nor is it taken for the row of an erased user."""
    row = b"\x03" + bytes(71)
    with pytest.raises(UnknownFormatError) as refused:
        user_row.unpack(row)
    assert (refused.value.field, refused.value.expected, refused.value.got) == ("user row: format", "1 to 2", "3")
    assert not user_row.is_blank(row)
