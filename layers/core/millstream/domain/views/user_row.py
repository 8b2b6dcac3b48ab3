"""The bytes of a user row, format 2. Rows of format 1 are read by `user_row_1`.

    header   format 2 | shard i32 | sequence number 24 bytes | last event ms u48 | session's start ms u48 |
             applied u32 | duplicates u32 | experiment u32 | attributes 8 times u16 | recent events u8 |
             remembered items u8 | tags u8
    body     recent events, 9 bytes each | remembered items, 10 bytes each | event tags, 6 bytes each (see `user_state`)

A write unit is one started kilobyte, attribute names included, and the fullest row costs one:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html

    | of the item                             | bytes |
    |-----------------------------------------|-------|
    | attribute names u, s, v                 |     3 |
    | key: version of the views, pseudonym    |    18 |
    | version of the row, up to 18 digits     |    10 |
    | header                                  |    72 |
    | 64 recent events                        |   576 |
    | 20 remembered items                     |   200 |
    | 24 event tags                           |   144 |
    | free                                    |     1 |
    | together                                |  1024 |
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from millstream.domain.errors import InvalidRecordError
from millstream.domain.formats import check_format
from millstream.domain.keys import EVENT_TAG_BYTES
from millstream.domain.log.positions import SEQUENCE_BYTES
from millstream.domain.views.user_row_1 import unpack as unpack_1
from millstream.domain.views.user_state import (
    EVENT_BYTES,
    KEPT_BYTES,
    RECENT_EVENTS,
    REMEMBERED_ITEMS,
    REMEMBERED_TAGS,
    UserState,
)

FORMAT = 2
_HEADER = struct.Struct(">Bi24s6s6sIII16sBBB")
_TIME_BYTES = 6
_COUNTS = {1: slice(37, 45), 2: slice(41, 49)}
"""By format: the header's bytes with the counts of applied and duplicate events; a row with events has either."""
_NO_COUNTS = bytes(8)


def pack(state: UserState) -> bytes:
    """Encode a state. Equal histories give equal bytes, however they were split into batches."""
    events = min(len(state.events), RECENT_EVENTS * EVENT_BYTES)
    kept = min(len(state.kept), REMEMBERED_ITEMS * KEPT_BYTES)
    tags = min(len(state.tags), REMEMBERED_TAGS * EVENT_TAG_BYTES)
    header = _HEADER.pack(
        FORMAT,
        state.shard,
        state.sequence.to_bytes(SEQUENCE_BYTES),
        state.last_ms.to_bytes(_TIME_BYTES),
        state.session_ms.to_bytes(_TIME_BYTES),
        state.applied,
        state.duplicates,
        state.experiment,
        state.attributes,
        events // EVENT_BYTES,
        kept // KEPT_BYTES,
        tags // EVENT_TAG_BYTES,
    )
    return b"".join(
        (
            header,
            state.events[len(state.events) - events :],
            state.kept[len(state.kept) - kept :],
            state.tags[len(state.tags) - tags :],
        )
    )


def unpack(row: bytes) -> UserState:
    """Decode a row of any format up to this one.

    Raises UnknownFormatError for a newer format, InvalidRecordError for invalid bytes.
    """
    return READERS[check_format("user row", row[0] if row else 0, FORMAT)](row)


def is_blank(row: bytes) -> bool:
    """True for the row of an erased user, which has a position and no events."""
    counts = _COUNTS.get(row[0]) if row else None
    return counts is not None and row[counts] == _NO_COUNTS


def _unpack(row: bytes) -> UserState:
    if len(row) < _HEADER.size:
        raise InvalidRecordError("user row", f"{_HEADER.size} bytes or more", f"{len(row)} bytes")
    state = UserState()
    (
        _,
        state.shard,
        sequence,
        last,
        session,
        state.applied,
        state.duplicates,
        state.experiment,
        state.attributes,
        events,
        kept,
        tags,
    ) = _HEADER.unpack_from(row)
    state.sequence = int.from_bytes(sequence)
    state.last_ms = int.from_bytes(last)
    state.session_ms = int.from_bytes(session)
    kept_from = _HEADER.size + events * EVENT_BYTES
    tags_from = kept_from + kept * KEPT_BYTES
    if len(row) != tags_from + tags * EVENT_TAG_BYTES:
        raise InvalidRecordError("user row", f"{tags_from + tags * EVENT_TAG_BYTES} bytes", f"{len(row)} bytes")
    state.events += row[_HEADER.size : kept_from]
    state.kept += row[kept_from:tags_from]
    state.tags += row[tags_from:]
    return state


READERS: Mapping[int, Callable[[bytes], UserState]] = {1: unpack_1, 2: _unpack}
"""The decoder of each format."""
