"""What a person gets to see of bytes that no decoder takes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.log.fragments import LONGEST_REST, fragment_of
from millstream.domain.log.records import CONTEXT, CORE, HEADER, decode, encode
from tests.builders import NOW_MS, event, record, subject
from tests.strategies import poison

GOOD = encode(record("ann", event("lamp", event_id="e-1", sessionId="s"), event("desk", event_id="e-2", value=4.5)))
KNOWN = encode(replace(decode(GOOD), attributes=bytes([0, 7]) + bytes(14)))
FUTURE = KNOWN[:1] + b"\x09" + KNOWN[2:]


def test_a_record_is_read_whole() -> None:
    """In the words of `events/golden`."""
    fragment = fragment_of(GOOD)
    assert (fragment["version"], fragment["subject"]) == (GOOD[1], subject("ann").hex())
    assert fragment["recordedAtMs"] == NOW_MS
    assert fragment["events"] == [
        {
            "kind": "ItemViewed",
            "eventId": "e-1",
            "itemId": "lamp",
            "occurredAtMs": NOW_MS,
            "value": None,
            "attributes": {"sessionId": "s"},
        },
        {
            "kind": "ItemViewed",
            "eventId": "e-2",
            "itemId": "desk",
            "occurredAtMs": NOW_MS,
            "value": 4.5,
            "attributes": {},
        },
    ]


def test_a_record_of_a_version_to_come_is_read_as_if_it_were_of_today() -> None:
    """Its version says that this may be nonsense."""
    fragment, today = fragment_of(FUTURE), fragment_of(GOOD)
    assert (fragment["version"], fragment["count"]) == (9, 2)
    for name in ("kind", "eventId", "itemId", "occurredAtMs", "value", "attributes"):
        assert [one[name] for one in fragment["events"]] == [one[name] for one in today["events"]]
    assert "rest" not in fragment


def test_the_codes_of_attributes_are_shown() -> None:
    """Eight numbers; nothing where nothing was said."""
    assert fragment_of(KNOWN)["attributes"] == [7, 0, 0, 0, 0, 0, 0, 0]
    assert "attributes" not in fragment_of(GOOD)


def test_of_a_record_that_is_cut_short_the_whole_events_are_read() -> None:
    """The first event without its names, and the piece of the second one as it is."""
    fragment = fragment_of(GOOD[: HEADER.size + CORE.size + 5])
    (first,) = fragment["events"]
    assert fragment["count"] == 2
    assert first["kind"] == "ItemViewed"
    assert "eventId" not in first
    assert fragment["rest"]


def test_a_torn_tail_is_shown_as_text() -> None:
    """As much of it as a person wants to read."""
    assert fragment_of(GOOD[:-1])["rest"].startswith('{"a":[')
    assert len(fragment_of(GOOD + b"x" * 5_000)["rest"]) == LONGEST_REST


def test_a_kind_that_nobody_knows_is_shown_by_its_number() -> None:
    """And a value that is none as none."""
    end = HEADER.size + CONTEXT.size + CORE.size
    strange = FUTURE[: end - 1] + b"\x63" + FUTURE[end:]
    assert [one["kind"] for one in fragment_of(strange)["events"]] == [99, "ItemViewed"]


@pytest.mark.parametrize("data", [b"", b"\xf5", b"not a record", bytes(2_000), GOOD[: HEADER.size - 1]])
def test_of_rubbish_nothing_is_read(data: bytes) -> None:
    """Nor is anything made up."""
    assert fragment_of(data) == {}


@given(st.one_of(poison, st.binary(max_size=200).map(lambda data: b"\xf5" + data)))
def test_any_bytes_give_something_that_can_be_printed(data: bytes) -> None:
    """JSON that every reader takes: no infinities."""
    assert json.dumps(fragment_of(data), allow_nan=False)
