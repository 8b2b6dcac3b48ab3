"""The bytes of a user row: at most 991 with 100 recent events, so that a write costs one unit.

    header   format 1 | shard i32 | sequence number 24 bytes | last event ms u64 | applied u32 | duplicates u32 |
             recent events u8 | tags u8
    body     item keys, 6 bytes each | marks, 2 bytes each | event tags, 6 bytes each; oldest first

A write unit is one started kilobyte, attribute names included:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import struct
import sys
from array import array

from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import EVENT_TAG_BYTES, ITEM_KEY_BYTES
from millstream.domain.log.positions import SEQUENCE_BYTES
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_TAGS, UserState

FORMAT = 1
_HEADER = struct.Struct(">Bi24sQIIBB")
_MARK_BYTES = 2
_COUNTS = slice(37, 45)
"""Where the header holds how many events were applied and known already; a row with events has one of them."""
_NO_COUNTS = bytes(8)


def pack(state: UserState) -> bytes:
    """The row of a state. Equal histories give equal bytes, however they were cut into batches."""
    events = min(len(state.marks), RECENT_EVENTS)
    tags = min(len(state.tags) // EVENT_TAG_BYTES, REMEMBERED_TAGS)
    header = _HEADER.pack(
        FORMAT,
        state.shard,
        state.sequence.to_bytes(SEQUENCE_BYTES),
        state.last_ms,
        state.applied,
        state.duplicates,
        events,
        tags,
    )
    return b"".join(
        (
            header,
            state.items[len(state.items) - events * ITEM_KEY_BYTES :],
            _big_endian(state.marks[len(state.marks) - events :]).tobytes(),
            state.tags[len(state.tags) - tags * EVENT_TAG_BYTES :],
        )
    )


def unpack(row: bytes) -> UserState:
    """The state in a row. Raises InvalidRecordError for bytes that `pack` did not write."""
    if len(row) < _HEADER.size or row[0] != FORMAT:
        raise InvalidRecordError("user row", f"format {FORMAT} and {_HEADER.size} bytes or more", row[:8])
    state = UserState()
    _, state.shard, sequence, state.last_ms, state.applied, state.duplicates, events, tags = _HEADER.unpack_from(row)
    state.sequence = int.from_bytes(sequence)
    marks_from = _HEADER.size + events * ITEM_KEY_BYTES
    tags_from = marks_from + events * _MARK_BYTES
    if len(row) != tags_from + tags * EVENT_TAG_BYTES:
        raise InvalidRecordError("user row", f"{tags_from + tags * EVENT_TAG_BYTES} bytes", f"{len(row)} bytes")
    state.items += row[_HEADER.size : marks_from]
    state.marks = _big_endian(array("H", row[marks_from:tags_from]))
    state.tags += row[tags_from:]
    return state


def is_blank(row: bytes) -> bool:
    """True for the row of a user of whom nothing is known any more: only how far their events were read is left."""
    return row[_COUNTS] == _NO_COUNTS


def _big_endian(marks: array[int]) -> array[int]:
    """The marks with their bytes in the order of the row (and back: it is its own inverse); changes its argument."""
    if sys.byteorder == "little":
        marks.byteswap()
    return marks
