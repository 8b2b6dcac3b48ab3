"""The bytes of a trend row.

header   format 2 | shard i32 | sequence number 24 bytes | era u32 | items u16
body     item key 6 | weight f64 | inherited part of it f64, in the order of the keys

Format 1 has a count of events u64 before that of the items, up to 1,023 items, and no inherited parts: its weights may
be too low, by what was dropped. The heaviest items are read, as if they had inherited nothing.
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Callable, Mapping

from millstream.domain.errors import InvalidRecordError
from millstream.domain.formats import check_format
from millstream.domain.log.positions import SEQUENCE_BYTES
from millstream.domain.views.trend import KEPT, Trend

FORMAT = 2
_HEADER = struct.Struct(">Bi24sIH")
_HEADER_1 = struct.Struct(">Bi24sIQH")
_POSITION_END = struct.calcsize(">Bi24s")
_ENTRY = struct.Struct(">6sdd")
_ENTRY_1 = struct.Struct(">6sd")


def pack(trend: Trend) -> bytes:
    """Encode a trend. Equal logs give equal bytes, however they were split into batches."""
    header = _HEADER.pack(FORMAT, trend.shard, trend.sequence.to_bytes(SEQUENCE_BYTES), trend.era, len(trend.weights))
    inherited = trend.errors.get
    return header + b"".join(
        _ENTRY.pack(item, value, inherited(item, 0.0)) for item, value in sorted(trend.weights.items())
    )


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
    """Decode a trend row of any format up to this one.

    Raises UnknownFormatError for a newer format, InvalidRecordError for invalid bytes.
    """
    return READERS[check_format("trend row", row[0] if row else 0, FORMAT)](row)


def _unpack(row: bytes) -> Trend:
    _check_length(row, _HEADER.size)
    trend = Trend()
    _, trend.shard, sequence, trend.era, count = _HEADER.unpack_from(row)
    trend.sequence = int.from_bytes(sequence)
    _check_length(row, _HEADER.size, count * _ENTRY.size)
    for item, value, inherited in _ENTRY.iter_unpack(row[_HEADER.size :]):
        trend.weights[item] = value
        if inherited:
            trend.errors[item] = inherited
    return trend


def _unpack_1(row: bytes) -> Trend:
    _check_length(row, _HEADER_1.size)
    trend = Trend()
    _, trend.shard, sequence, trend.era, _, count = _HEADER_1.unpack_from(row)
    trend.sequence = int.from_bytes(sequence)
    _check_length(row, _HEADER_1.size, count * _ENTRY_1.size)
    entries = ((item, value) for item, value in _ENTRY_1.iter_unpack(row[_HEADER_1.size :]) if value > 0)
    trend.weights = dict(heapq.nsmallest(KEPT, entries, key=lambda entry: (-entry[1], entry[0])))
    return trend


def _check_length(row: bytes, header: int, body: int | None = None) -> None:
    """Raise InvalidRecordError for a row that ends in its header, or has another length than the header says."""
    if len(row) < header or (body is not None and len(row) != header + body):
        expected = f"{header} bytes or more" if body is None else f"{header + body} bytes"
        raise InvalidRecordError("trend row", expected, f"{len(row)} bytes")


READERS: Mapping[int, Callable[[bytes], Trend]] = {1: _unpack_1, 2: _unpack}
"""The decoder of each format."""
