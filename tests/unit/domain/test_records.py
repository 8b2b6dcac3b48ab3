"""Records: what is refused, and under which name. Round trips of any record are in tests/property."""

from __future__ import annotations

import pytest

from freshet.domain.errors import InvalidInputError, InvalidRecordError
from freshet.domain.events import EventKind
from freshet.domain.records import CORE, HEADER, LONGEST_RECORD_BYTES, decode, decode_cores, encode
from tests.builders import event, record

GOOD = encode(record("ann", event("lamp"), event("desk")))
CORES_END = HEADER.size + 2 * CORE.size


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "record: expected at least 28 bytes, got '0 bytes'"),
        (GOOD[:27], "record: expected at least 28 bytes, got '27 bytes'"),
        (b"{" + GOOD[1:], "record.magic: expected 0xf5, got '0x7b'"),
        (GOOD[:1] + b"\x02" + GOOD[2:], "record.version: expected a schema version up to 1, got 2"),
        (GOOD[:2] + b"\x00\x00" + GOOD[4:], "record.count: expected at least one event, got 0"),
        (GOOD[:CORES_END], f"record: expected 2 events and a tail, more than {CORES_END} bytes"),
        (GOOD[:3] + b"\x63" + GOOD[4:], "record: expected 99 events and a tail"),
    ],
)
def test_a_record_that_a_fold_cannot_read_is_refused(data: bytes, message: str) -> None:
    """The message is the reason that the dead letter will give."""
    with pytest.raises(InvalidRecordError) as refused:
        decode_cores(data)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    "tail", [b"{", b"[]", b"{}", b'{"e":["1"],"i":["a"],"a":[{}]}', b'{"e":["1","2"],"i":["a","b"]}', b"\xff\xfe"]
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
