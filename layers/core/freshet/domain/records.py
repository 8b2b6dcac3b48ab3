"""The bytes of a log record, version 1.

A record is a header, one fixed-size core per event, and a JSON tail:

    header   magic 0xF5 | version | count u16 | recorded_at ms u64 | subject 16 bytes
    core     item key 6 | event tag 6 | occurred_at ms u64 | value f64 (NaN: none) | kind u8
    tail     {"e": [event ids], "i": [item ids], "a": [attributes]} in UTF-8

A fold needs only header and cores, which decode without touching a string; people, the archive and the training need
the tail. Several events of one call share a record because Kinesis bills per started kilobyte
(https://aws.amazon.com/kinesis/data-streams/pricing/).
"""

from __future__ import annotations

import json
import math
import struct
from typing import NamedTuple

from freshet.domain.errors import InvalidInputError, InvalidRecordError
from freshet.domain.events import Event, EventKind, EventRecord
from freshet.domain.keys import EventTag, ItemKey, Pseudonym

MAGIC = 0xF5
VERSION = 1
"""Raised when the stored form changes; readers keep understanding every earlier one."""

HEADER = struct.Struct(">BBHQ16s")
CORE = struct.Struct(">6s6sQdB")
LONGEST_RECORD_BYTES = 1_048_576
"""Kinesis refuses larger records: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"""

_NO_VALUE = math.nan

Core = tuple[ItemKey, EventTag, int, float, int]
"""(item key, event tag, occurred_at ms, value or NaN, kind): what a fold sees of an event."""


class FoldableRecord(NamedTuple):
    """A record as a fold sees it: no strings."""

    subject: Pseudonym
    recorded_at_ms: int
    cores: list[Core]


def encode(record: EventRecord) -> bytes:
    """The stored bytes of a record: the same for the same record. Raises InvalidInputError if they are too many."""
    events = record.events
    cores = [
        CORE.pack(e.item_key, e.tag, e.occurred_at_ms, _NO_VALUE if e.value is None else e.value, e.kind)
        for e in events
    ]
    tail = {"e": [e.event_id for e in events], "i": [e.item_id for e in events], "a": [e.attributes for e in events]}
    text = json.dumps(tail, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    data = b"".join((HEADER.pack(MAGIC, VERSION, len(events), record.recorded_at_ms, record.subject), *cores, text))
    if len(data) > LONGEST_RECORD_BYTES:
        raise InvalidInputError("body", f"at most {LONGEST_RECORD_BYTES} bytes once encoded", f"{len(data)} bytes")
    return data


def decode_cores(data: bytes) -> FoldableRecord:
    """What a fold needs of a record. Raises InvalidRecordError, naming what is wrong with the bytes."""
    try:
        magic, version, count, recorded_at_ms, subject = HEADER.unpack_from(data)
    except struct.error:
        raise InvalidRecordError("record", f"at least {HEADER.size} bytes", f"{len(data)} bytes") from None
    if magic != MAGIC or version != VERSION or not count:
        raise _unreadable(magic, version, count)
    end = HEADER.size + count * CORE.size
    if end >= len(data):
        raise InvalidRecordError("record", f"{count} events and a tail, more than {end} bytes", f"{len(data)} bytes")
    return FoldableRecord(subject, recorded_at_ms, list(CORE.iter_unpack(data[HEADER.size : end])))


def decode(data: bytes) -> EventRecord:
    """The whole record. Raises InvalidRecordError."""
    subject, recorded_at_ms, cores = decode_cores(data)
    try:
        tail = json.loads(data[HEADER.size + len(cores) * CORE.size :])
        events = tuple(
            Event(EventKind(kind), event_id, item_id, occurred_at_ms, None if math.isnan(value) else value, attributes)
            for (_, _, occurred_at_ms, value, kind), event_id, item_id, attributes in zip(
                cores, tail["e"], tail["i"], tail["a"], strict=True
            )
        )
    except (ValueError, KeyError, TypeError) as error:
        expected = "JSON with one event id, item id and attributes per event"
        raise InvalidRecordError("record.tail", expected, error) from error
    return EventRecord(subject, recorded_at_ms, events)


def _unreadable(magic: int, version: int, count: int) -> InvalidRecordError:
    if magic != MAGIC:
        return InvalidRecordError("record.magic", f"{MAGIC:#x}", f"{magic:#x}")
    if version != VERSION:
        return InvalidRecordError("record.version", f"a schema version up to {VERSION}", version)
    return InvalidRecordError("record.count", "at least one event", count)
