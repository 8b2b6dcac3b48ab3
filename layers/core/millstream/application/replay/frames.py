"""Framing of records in a workspace: concatenated, each with its sequence number and length."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from millstream.domain.keys import PSEUDONYM_BYTES, Pseudonym
from millstream.domain.log.positions import SEQUENCE_BYTES
from millstream.domain.log.records import Core

_FRAME = struct.Struct(f">{SEQUENCE_BYTES}sI")
_ROW = struct.Struct(f">{PSEUDONYM_BYTES}sI")
_NEW_EVENT = struct.Struct(">6sQB")


def framed(sequence: int, data: bytes) -> bytes:
    """Frame the bytes of one record."""
    return _FRAME.pack(sequence.to_bytes(SEQUENCE_BYTES), len(data)) + data


def frames(piece: bytes) -> Iterator[tuple[int, bytes]]:
    """The sequence numbers and contents of frames."""
    start, end = 0, len(piece)
    while start < end:
        sequence, length = _FRAME.unpack_from(piece, start)
        start += _FRAME.size
        yield int.from_bytes(sequence), piece[start : start + length]
        start += length


def framed_row(user: Pseudonym, row: bytes) -> bytes:
    """Frame a user's row with the pseudonym."""
    return _ROW.pack(user, len(row)) + row


def rows(piece: bytes) -> Iterator[tuple[Pseudonym, bytes]]:
    """The users and rows of concatenated `framed_row` outputs."""
    start, end = 0, len(piece)
    while start < end:
        user, length = _ROW.unpack_from(piece, start)
        start += _ROW.size
        yield user, piece[start : start + length]
        start += length


def packed_new(fresh: Sequence[Core]) -> bytes:
    """Encode the parts of events that a trend needs: item, time and kind."""
    return b"".join(_NEW_EVENT.pack(core[0], core[2], core[4]) for core in fresh)


def unpacked_new(data: bytes) -> list[Core]:
    """The inverse of `packed_new`; fields that a trend does not need are empty."""
    return [(item, b"", occurred_at_ms, 0.0, kind) for item, occurred_at_ms, kind in _NEW_EVENT.iter_unpack(data)]
