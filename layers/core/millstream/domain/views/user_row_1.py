"""User rows of format 1, decoded to today's state.

    header   format 1 | shard i32 | sequence number 24 bytes | last event ms u64 | applied u32 | duplicates u32 |
             recent events u8 | tags u8
    body     item keys, 6 bytes each | marks, 2 bytes each: kind's slot 3 bits, pause 13 | event tags, 6 bytes each

Format 1 held 100 events, no values, and no time except the last event's. Its purchases and ratings become remembered
items; their days and the session's start are derived from the pauses, which are exact to 0.8 %. A rebuild reads the
rest from the log.
"""

from __future__ import annotations

import struct

from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import EVENT_TAG_BYTES, ITEM_KEY_BYTES
from millstream.domain.log.kinds import BEHAVIOUR, REMEMBERED
from millstream.domain.views.pauses import PAUSE_BITS, pause_s
from millstream.domain.views.user_state import EVENT_BYTES, RECENT_EVENTS, SESSION_GAP_S, SLOT_AT, UserState

HEADER = struct.Struct(">Bi24sQIIBB")
_MARK_BYTES = 2
_REMEMBERED = {kind.traits.slot: int(kind) for kind in BEHAVIOUR & REMEMBERED}


def unpack(row: bytes) -> UserState:
    """Decode a row. Raises InvalidRecordError for invalid bytes."""
    if len(row) < HEADER.size:
        raise InvalidRecordError("user row", f"{HEADER.size} bytes or more", f"{len(row)} bytes")
    state = UserState()
    _, state.shard, sequence, state.last_ms, state.applied, state.duplicates, events, tags = HEADER.unpack_from(row)
    state.sequence = int.from_bytes(sequence)
    marks_from = HEADER.size + events * ITEM_KEY_BYTES
    tags_from = marks_from + events * _MARK_BYTES
    if len(row) != tags_from + tags * EVENT_TAG_BYTES:
        raise InvalidRecordError("user row", f"{tags_from + tags * EVENT_TAG_BYTES} bytes", f"{len(row)} bytes")
    items = [row[at : at + ITEM_KEY_BYTES] for at in range(HEADER.size, marks_from, ITEM_KEY_BYTES)]
    marks = [int.from_bytes(row[at : at + _MARK_BYTES]) for at in range(marks_from, tags_from, _MARK_BYTES)]
    for item, mark in list(zip(items, marks, strict=True))[-RECENT_EVENTS:]:
        state.events += item + _mark(mark).to_bytes(EVENT_BYTES - ITEM_KEY_BYTES)
    state.tags += row[tags_from:]
    _date(state, items, marks)
    return state


def _mark(mark: int) -> int:
    """The mark in today's format, without a value."""
    return mark >> PAUSE_BITS << SLOT_AT | mark & (1 << PAUSE_BITS) - 1


def _date(state: UserState, items: list[bytes], marks: list[int]) -> None:
    """Derive the session's start and the days of remembered items from the pauses."""
    times = [state.last_ms] * len(marks)
    state.session_ms = 0
    for place in range(len(marks) - 1, -1, -1):
        pause = pause_s(marks[place] & (1 << PAUSE_BITS) - 1)
        if not state.session_ms and (pause >= SESSION_GAP_S or not place):
            state.session_ms = times[place]
        if place:
            times[place - 1] = max(0, times[place] - 1000 * pause)
    for item, mark, at_ms in zip(items, marks, times, strict=True):
        kind = _REMEMBERED.get(mark >> PAUSE_BITS)
        if kind is not None:
            state.keep(item, kind, 0, at_ms)
