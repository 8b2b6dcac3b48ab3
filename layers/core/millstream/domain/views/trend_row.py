"""The bytes of a trend row.

header   format 1 | shard i32 | sequence number 24 bytes | era u32 | applied u64 | items u16
body     item key 6 | weight f64, in the order of the keys
"""

from __future__ import annotations

import struct

from millstream.domain.errors import InvalidRecordError
from millstream.domain.formats import check_format
from millstream.domain.log.positions import SEQUENCE_BYTES
from millstream.domain.views.trend import Trend

FORMAT = 1
_HEADER = struct.Struct(">Bi24sIQH")
_POSITION_END = struct.calcsize(">Bi24s")
_ENTRY = struct.Struct(">6sd")


def pack(trend: Trend) -> bytes:
    """Encode a trend. Equal logs give equal bytes, however they were split into batches."""
    header = _HEADER.pack(
        FORMAT, trend.shard, trend.sequence.to_bytes(SEQUENCE_BYTES), trend.era, trend.applied, len(trend.weights)
    )
    return header + b"".join(_ENTRY.pack(item, value) for item, value in sorted(trend.weights.items()))


def known(row: bytes) -> bytes:
    """The row without its position: the weights of the items alone."""
    return row[:1] + row[_POSITION_END:]


def reached(row: bytes) -> int | None:
    """The sequence number up to which a row was folded; None for an unreadable row."""
    try:
        return unpack(row).sequence
    except InvalidRecordError:
        return None


def unpack(row: bytes) -> Trend:
    """Decode a trend row.

    Raises UnknownFormatError for a newer format, InvalidRecordError for invalid bytes.
    """
    check_format("trend row", row[0] if row else 0, FORMAT)
    if len(row) < _HEADER.size:
        raise InvalidRecordError("trend row", f"{_HEADER.size} bytes or more", f"{len(row)} bytes")
    trend = Trend()
    _, trend.shard, sequence, trend.era, trend.applied, count = _HEADER.unpack_from(row)
    trend.sequence = int.from_bytes(sequence)
    if len(row) != _HEADER.size + count * _ENTRY.size:
        raise InvalidRecordError("trend row", f"{_HEADER.size + count * _ENTRY.size} bytes", f"{len(row)} bytes")
    trend.weights = dict(_ENTRY.iter_unpack(row[_HEADER.size :]))
    return trend
