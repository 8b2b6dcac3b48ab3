"""Code of another release, as far as stored rows go: the one that wrote format 1, and one that is still to come.

In the `with` block of `newer_code` or `older_code` everything that this process reads and writes is of that release.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ITEM_KEY_BYTES
from millstream.domain.views import trend_row, user_row, user_row_1
from millstream.domain.views.user_state import EVENT_BYTES, PAUSE_BITS, UserState

ROWS: tuple[ModuleType, ...] = (user_row, trend_row)
_V1_EVENTS = 64
"""Format 1 held a hundred; a state of today has these at least."""


def as_newer_code_writes(row: bytes) -> bytes:
    """A user's or a trend's row in the next format: a byte more behind, and the next number in front."""
    return bytes([row[0] + 1]) + row[1:] + b"\x00"


def as_format_1(state: UserState) -> bytes:
    """A user's row as format 1 had it: its own kinds, no values, nothing that is remembered."""
    events = [state.events[at : at + EVENT_BYTES] for at in range(0, len(state.events), EVENT_BYTES)][-_V1_EVENTS:]
    marks = [int.from_bytes(event[ITEM_KEY_BYTES:]) for event in events]
    old_marks = [mark >> PAUSE_BITS + 6 << PAUSE_BITS | mark & (1 << PAUSE_BITS) - 1 for mark in marks]
    tags = bytes(state.tags[-24 * 6 :])
    header = user_row_1.HEADER.pack(
        1,
        state.shard,
        state.sequence.to_bytes(24),
        state.last_ms,
        state.applied,
        state.duplicates,
        len(events),
        len(tags) // 6,
    )
    items = b"".join(event[:ITEM_KEY_BYTES] for event in events)
    return header + items + b"".join(mark.to_bytes(2) for mark in old_marks) + tags


@contextmanager
def newer_code() -> Iterator[None]:
    """Code that writes the next format of user rows and trend rows, and reads all of today's."""
    with pytest.MonkeyPatch.context() as patch:
        for rows in ROWS:
            _renew(patch, rows)
        yield


@contextmanager
def older_code() -> Iterator[None]:
    """Code that writes user rows of format 1, and reads no other."""

    def unpack(row: bytes) -> UserState:
        if row[:1] != b"\x01":
            raise InvalidRecordError("user row", "format 1", row[:1])
        return user_row_1.unpack(row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_row, "pack", as_format_1)
        patch.setattr(user_row, "unpack", unpack)
        yield


def _renew(patch: pytest.MonkeyPatch, rows: ModuleType) -> None:
    pack, unpack, newer = rows.pack, rows.unpack, rows.FORMAT + 1

    def today(row: bytes) -> bytes:
        return bytes([newer - 1]) + row[1:-1] if row[:1] == bytes([newer]) else row

    patch.setattr(rows, "pack", lambda state: as_newer_code_writes(pack(state)))
    patch.setattr(rows, "unpack", lambda row: unpack(today(row)))
    if rows is user_row:
        is_blank = user_row.is_blank
        patch.setattr(user_row, "is_blank", lambda row: is_blank(today(row)))
