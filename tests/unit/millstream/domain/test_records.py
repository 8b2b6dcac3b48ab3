"""Records: what is refused, and under which name. Round trips of any record are in tests/property."""

from __future__ import annotations

from dataclasses import replace

import pytest

from millstream.domain.errors import InvalidInputError, InvalidRecordError
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import (
    CORE,
    HEADER,
    LATEST_MS,
    LONGEST_RECORD_BYTES,
    MOST_EVENTS,
    decode,
    decode_cores,
    encode,
    trimmed,
)
from tests.builders import event, record

GOOD = encode(record("ann", event("lamp"), event("desk")))
KNOWN = encode(replace(record("ann", event("lamp"), event("desk")), attributes=bytes([0, 7]) + bytes(14)))
CORES_END = HEADER.size + 2 * CORE.size


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "record: expected at least 28 bytes, got '0 bytes'"),
        (GOOD[:27], "record: expected at least 28 bytes, got '27 bytes'"),
        (b"{" + GOOD[1:], "record.magic: expected 0xf5, got '0x7b'"),
        (GOOD[:1] + b"\x04" + GOOD[2:], "record.version: expected a schema version from 1 to 3, got 4"),
        (GOOD[:1] + b"\x00" + GOOD[2:], "record.version: expected a schema version from 1 to 3, got 0"),
        (GOOD[:2] + b"\x00\x00" + GOOD[4:], "record.count: expected at least one event, got 0"),
        (
            GOOD[:4] + (LATEST_MS + 1).to_bytes(8) + GOOD[12:],
            "record.recorded_at: expected milliseconds up to 72581184",
        ),
        (GOOD[:CORES_END], f"record: expected 2 events and a tail, more than {CORES_END} bytes"),
        (GOOD[:3] + b"\x63" + GOOD[4:], "record: expected 99 events and a tail"),
        (KNOWN[:31] + b"\x07" + KNOWN[32:], "record.key: expected 0, for a record that is not encrypted, got 7"),
        (KNOWN[: CORES_END + 20], f"record: expected 2 events and a tail, more than {CORES_END + 20} bytes"),
    ],
)
def test_a_record_that_a_fold_cannot_read_is_refused(data: bytes, message: str) -> None:
    """The message is the reason that the dead letter will give."""
    for reader in (decode_cores, decode, trimmed):
        with pytest.raises(InvalidRecordError) as refused:
            reader(data)
        assert str(refused.value).startswith(message), reader


@pytest.mark.parametrize(
    "tail",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"e":["1"],"i":["a"],"a":[{}]}',
        b'{"e":["1","2"],"i":["a","b"]}',
        b'{"e":[1,"2"],"i":["a","b"],"a":[{},{}]}',
        b'{"e":["1","2"],"i":["a",7],"a":[{},{}]}',
        b'{"e":["1","2"],"i":["a","b"],"a":[{},null]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_tail_that_does_not_fit_is_refused_only_by_who_reads_it(tail: bytes) -> None:
    """A fold needs no tail, so it goes on."""
    data = GOOD[:CORES_END] + tail
    assert len(decode_cores(data).cores) == 2
    with pytest.raises(InvalidRecordError, match=r"record\.tail"):
        decode(data)


def test_an_event_kind_that_nobody_knows_is_refused_only_by_who_needs_it() -> None:
    """A fold skips it."""
    data = GOOD[: HEADER.size + CORE.size - 1] + b"\x63" + GOOD[HEADER.size + CORE.size :]
    assert [core[4] for core in decode_cores(data).cores] == [99, EventKind.ItemViewed]
    with pytest.raises(InvalidRecordError, match=r"record\.tail"):
        decode(data)


def test_a_record_may_be_as_long_as_kinesis_takes() -> None:
    """And not a byte longer."""
    room = LONGEST_RECORD_BYTES - len(encode(record("ann", event("lamp", note=""))))
    assert len(encode(record("ann", event("lamp", note="x" * room)))) == LONGEST_RECORD_BYTES
    with pytest.raises(InvalidInputError, match=f"body: expected at most {LONGEST_RECORD_BYTES} bytes"):
        encode(record("ann", event("lamp", note="x" * (room + 1))))


def test_a_record_holds_as_many_events_as_its_header_can_count() -> None:
    """More are refused in words, as are none at all, which nobody could read."""
    for events in ([event()] * (MOST_EVENTS + 1), []):
        with pytest.raises(
            InvalidInputError, match=rf"body: expected 1 to 65535 events in a record, got '{len(events)} "
        ):
            encode(record("ann", *events))


@pytest.mark.parametrize("recorded_at_ms", [-1, LATEST_MS + 1])
def test_a_record_is_taken_in_by_a_clock_of_this_age(recorded_at_ms: int) -> None:
    """What no reader would take is not written."""
    with pytest.raises(InvalidInputError, match="recorded_at: expected milliseconds since 1970 up to 7258118400000"):
        encode(record("ann", event(), recorded_at_ms=recorded_at_ms))
    assert decode(encode(record("ann", event(), recorded_at_ms=LATEST_MS))).recorded_at_ms == LATEST_MS


@pytest.mark.parametrize("quantity", [None, 0, 1.5, "3"])
def test_a_purchase_is_never_written_without_its_quantity(quantity: object) -> None:
    """So that readers of version 2 need not ask whether it is there."""
    with pytest.raises(
        InvalidInputError, match="quantity: expected a whole number of at least 1 with each ItemPurchased"
    ):
        encode(record("ann", event("lamp", EventKind.ItemPurchased, quantity=quantity)))


def test_a_trimmed_record_is_for_folds_only() -> None:
    """Its strings are gone, and whoever asks for them is told."""
    short = trimmed(GOOD)
    assert repr(decode_cores(short)) == repr(decode_cores(GOOD))
    assert len(short) == CORES_END + 2
    with pytest.raises(InvalidRecordError, match=r"record\.tail"):
        decode(short)
