"""The bytes of a log record.

A record is a header, one fixed-size core per event, and a JSON tail:

    header   magic 0xF5 | version | count u16 | recorded_at ms u64 | subject 16 bytes
    context  key id u32 (0: not encrypted) | codes of attributes 8 times u16 (domain/attributes.py); since version 3
    core     item key 6 | event tag 6 | occurred_at ms u64 | value f64 (NaN: none) | kind u8
    tail     {"e": [event ids], "i": [item ids], "a": [attributes]} in UTF-8

A fold needs only header and cores, which decode without strings; inspection, the archive and training need the tail.
Several events of one call share a record because Kinesis bills per started kilobyte
(https://aws.amazon.com/kinesis/data-streams/pricing/). Versions 1 and 2 have the same layout, without a context;
`upcasting` says what changed in the events. A record without attributes is written in version 2, which means the same
and is shorter.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any, NamedTuple

from millstream.domain.attributes import ATTRIBUTE_BYTES, NO_ATTRIBUTES
from millstream.domain.errors import InvalidInputError, InvalidRecordError, shown
from millstream.domain.keys import EventTag, ItemKey, Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.upcasting import upcast

MAGIC = 0xF5
VERSION = 3
"""Incremented when the stored form changes; readers support all earlier versions."""

LATEST_MS = 7_258_118_400_000
"""The year 2200. A later `recorded_at` is an error, and would move the landmark of a trend's weights for ever."""

HEADER = struct.Struct(">BBHQ16s")
CONTEXT = struct.Struct(f">I{ATTRIBUTE_BYTES}s")
WITH_CONTEXT = 3
"""The first version that has one."""

CORE = struct.Struct(">6s6sQdB")
MOST_EVENTS = 65_535
"""The largest count that the header can hold."""
LONGEST_RECORD_BYTES = 1_048_576
"""Kinesis rejects larger records: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"""

_NO_VALUE = math.nan

Core = tuple[ItemKey, EventTag, int, float, int]
"""(item key, event tag, occurred_at ms, value or NaN, kind): the part of an event that a fold reads."""


class FoldableRecord(NamedTuple):
    """The part of a record that a fold reads: no strings, and no event later than `recorded_at_ms`."""

    subject: Pseudonym
    recorded_at_ms: int
    cores: list[Core]
    attributes: bytes = NO_ATTRIBUTES


def encode(record: EventRecord) -> bytes:
    """Encode a record; equal records give equal bytes. Raises InvalidInputError if readers would not accept it."""
    events = record.events
    _check(record)
    cores = [
        CORE.pack(e.item_key, e.tag, e.occurred_at_ms, _NO_VALUE if e.value is None else e.value, e.kind)
        for e in events
    ]
    tail = {"e": [e.event_id for e in events], "i": [e.item_id for e in events], "a": [e.attributes for e in events]}
    text = json.dumps(tail, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    version, context = WITH_CONTEXT, CONTEXT.pack(0, record.attributes)
    if record.attributes == NO_ATTRIBUTES:
        version, context = WITH_CONTEXT - 1, b""
    header = HEADER.pack(MAGIC, version, len(events), record.recorded_at_ms, record.subject)
    data = b"".join((header, context, *cores, text))
    if len(data) > LONGEST_RECORD_BYTES:
        raise InvalidInputError("body", f"at most {LONGEST_RECORD_BYTES} bytes once encoded", f"{len(data)} bytes")
    return data


def decode_cores(data: bytes) -> FoldableRecord:
    """Decode the part of a record, of any version, that a fold needs. Raises InvalidRecordError with the reason.

    An event with a time after its record's `recorded_at` gets that time, so that no view contains events of the future;
    `decode` returns the client's own time.
    """
    version, subject, recorded_at_ms, end = _head(data)
    start, attributes = _context(version, data)
    cores = list(CORE.iter_unpack(data[start:end]))
    for core in cores:
        if core[2] > recorded_at_ms:
            cores = [(item, tag, min(at, recorded_at_ms), value, kind) for item, tag, at, value, kind in cores]
            break
    return FoldableRecord(subject, recorded_at_ms, cores, attributes)


def decode(data: bytes) -> EventRecord:
    """Decode a whole record of any version and upcast it to the newest. Raises InvalidRecordError."""
    version, subject, recorded_at_ms, end = _head(data)
    start, codes = _context(version, data)
    cores = CORE.iter_unpack(data[start:end])
    try:
        tail = json.loads(data[end:])
        events = tuple(
            _event(core, event_id, item_id, attributes)
            for core, event_id, item_id, attributes in zip(cores, tail["e"], tail["i"], tail["a"], strict=True)
        )
        return upcast(EventRecord(subject, recorded_at_ms, events, codes), version)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        expected = "JSON with one event id, item id and attributes per event"
        raise InvalidRecordError("record.tail", expected, error) from error


def decode_texts(data: bytes) -> tuple[list[str | None], list[dict[str, Any]]]:
    """Item ids and attributes of a record's events, of any version, as stored. Raises InvalidRecordError.

    Costs half as much as `decode`, for callers that already have the cores.
    """
    version, _, _, end = _head(data)
    expected = (end - _context(version, data)[0]) // CORE.size
    try:
        tail = json.loads(data[end:])
        item_ids, attributes = tail["i"], tail["a"]
        whole = len(item_ids) == len(attributes) == expected
        if whole and all(_is_text(one) for one in item_ids) and all(isinstance(one, dict) for one in attributes):
            return item_ids, attributes
        error: object = "others"
    except (ValueError, KeyError, TypeError, RecursionError) as bad:
        error = bad
    raise InvalidRecordError("record.tail", "JSON with one item id and attributes per event", error)


def _is_text(item_id: object) -> bool:
    if item_id is None:
        return True
    try:
        return isinstance(item_id, str) and (item_id.isascii() or bool(item_id.encode()))
    except UnicodeEncodeError:  # JSON can contain lone surrogates
        return False


def trimmed(data: bytes) -> bytes:
    """The record without its tail, enough for a fold: `decode_cores` gives the same result, `decode` rejects it.

    Raises InvalidRecordError if `decode_cores` would.
    """
    version, _, _, end = _head(data)
    _context(version, data)
    return data[:end] + b"{}"


def _head(data: bytes) -> tuple[int, Pseudonym, int, int]:
    """(version, subject, recorded_at ms, offset of the tail). A plain tuple is the fastest to create."""
    try:
        magic, version, count, recorded_at_ms, subject = HEADER.unpack_from(data)
    except struct.error:
        raise InvalidRecordError("record", f"at least {HEADER.size} bytes", f"{len(data)} bytes") from None
    if magic != MAGIC or not 1 <= version <= VERSION or not count or recorded_at_ms > LATEST_MS:
        raise _unreadable(magic, version, count, recorded_at_ms)
    end = HEADER.size + count * CORE.size + (CONTEXT.size if version >= WITH_CONTEXT else 0)
    if end >= len(data):
        raise InvalidRecordError("record", f"{count} events and a tail, more than {end} bytes", f"{len(data)} bytes")
    return version, subject, recorded_at_ms, end


def _context(version: int, data: bytes) -> tuple[int, bytes]:
    """(offset of the cores, codes of attributes) of a record that `_head` accepts."""
    if version < WITH_CONTEXT:
        return HEADER.size, NO_ATTRIBUTES
    key, attributes = CONTEXT.unpack_from(data, HEADER.size)
    if key:
        raise InvalidRecordError("record.key", "0, for a record that is not encrypted", key)
    return HEADER.size + CONTEXT.size, attributes


def _event(core: Core, event_id: object, item_id: object, attributes: object) -> Event:
    _, _, occurred_at_ms, value, kind = core
    if not (isinstance(event_id, str) and isinstance(item_id, str | None) and isinstance(attributes, dict)):
        raise TypeError(f"got {shown([event_id, item_id, attributes])}")
    return Event(EventKind(kind), event_id, item_id, occurred_at_ms, None if math.isnan(value) else value, attributes)


def _unreadable(magic: int, version: int, count: int, recorded_at_ms: int) -> InvalidRecordError:
    if magic != MAGIC:
        return InvalidRecordError("record.magic", f"{MAGIC:#x}", f"{magic:#x}")
    if not 1 <= version <= VERSION:
        return InvalidRecordError("record.version", f"a schema version from 1 to {VERSION}", version)
    if not count:
        return InvalidRecordError("record.count", "at least one event", count)
    return InvalidRecordError("record.recorded_at", f"milliseconds up to {LATEST_MS}, the year 2200", recorded_at_ms)


def _check(record: EventRecord) -> None:
    """Raise InvalidInputError for a record that readers would reject or misread."""
    if not 1 <= len(record.events) <= MOST_EVENTS:
        raise InvalidInputError("body", f"1 to {MOST_EVENTS} events in a record", f"{len(record.events)} events")
    if not 0 <= record.recorded_at_ms <= LATEST_MS:
        expected = f"milliseconds since 1970 up to {LATEST_MS}, the year 2200"
        raise InvalidInputError("recorded_at", expected, record.recorded_at_ms)
    if len(record.attributes) != ATTRIBUTE_BYTES:
        raise InvalidInputError("attributes", f"{ATTRIBUTE_BYTES} bytes of codes", f"{len(record.attributes)} bytes")
    for event in record.events:
        quantity = event.attributes.get("quantity")
        if event.kind.traits.quantity and not (isinstance(quantity, int) and quantity >= 1):
            raise InvalidInputError("quantity", f"a whole number of at least 1 with each {event.kind.name}", quantity)
