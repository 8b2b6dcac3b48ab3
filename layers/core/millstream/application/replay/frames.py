"""Framing of records in a workspace: concatenated, each with its sequence number and length."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from millstream.domain.keys import PSEUDONYM_BYTES, Pseudonym
from millstream.domain.log.positions import SEQUENCE_BYTES
from millstream.domain.views.user_state import Share

_FRAME = struct.Struct(f">{SEQUENCE_BYTES}sI")
_ROW = struct.Struct(f">{PSEUDONYM_BYTES}sI")
_SHARE = struct.Struct(">6sQd")


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


def packed_shares(shares: Iterable[Share]) -> bytes:
    """Encode what events add to a trend."""
    return b"".join(_SHARE.pack(*share) for share in shares)


def unpacked_shares(data: bytes) -> Iterator[Share]:
    """The inverse of `packed_shares`."""
    return _SHARE.iter_unpack(data)
