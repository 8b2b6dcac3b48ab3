"""How records lie in a workspace: one behind the other, each with its sequence number and its length."""

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
    """A frame around some bytes of one record."""
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
    """A user's row with whose it is."""
    return _ROW.pack(user, len(row)) + row


def rows(piece: bytes) -> Iterator[tuple[Pseudonym, bytes]]:
    """The inverse of `framed_row`, many times."""
    start, end = 0, len(piece)
    while start < end:
        user, length = _ROW.unpack_from(piece, start)
        start += _ROW.size
        yield user, piece[start : start + length]
        start += length


def packed_new(fresh: Sequence[Core]) -> bytes:
    """What a trend needs of events: item, time and kind."""
    return b"".join(_NEW_EVENT.pack(core[0], core[2], core[4]) for core in fresh)


def unpacked_new(data: bytes) -> list[Core]:
    """The inverse of `packed_new`, with nothing where a trend looks at nothing."""
    return [(item, b"", occurred_at_ms, 0.0, kind) for item, occurred_at_ms, kind in _NEW_EVENT.iter_unpack(data)]
