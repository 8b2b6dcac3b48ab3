"""Find records by position, in the archive or the stream."""

from __future__ import annotations

from collections.abc import Iterator

from millstream.application.ports import Archive, LogReader, LogRecord
from millstream.domain.errors import NotFoundError
from millstream.domain.log.positions import HISTORY_SHARD, Position


def found_record(position: Position, archive: Archive, reader: LogReader) -> LogRecord | None:
    """The record at a position: from the archive, or else from the stream. Raises UnavailableError."""
    return _archived(position, archive) or _streamed(position, reader)


def streamed_records(first: Position, last: Position, reader: LogReader) -> Iterator[LogRecord]:
    """The records of a range of one shard, both ends included, that the stream retains. Raises UnavailableError."""
    if first.shard == HISTORY_SHARD:
        return
    try:
        for batch in reader.read_after(first.shard, first.sequence_number - 1):
            yield from (record for record in batch if record.position.sequence_number <= last.sequence_number)
            if batch[-1].position.sequence_number >= last.sequence_number:
                return
    except NotFoundError:
        return


def _archived(position: Position, archive: Archive) -> LogRecord | None:
    # Slices are disjoint and in order: only the first one that ends at or after the position can contain it.
    reaching = (
        one for one in archive.slices(0) if one.shard == position.shard and one.last >= position.sequence_number
    )
    within = next(reaching, None)
    if within is None:
        return None
    return next((record for record in archive.read_slice(within) if record.position == position), None)


def _streamed(position: Position, reader: LogReader) -> LogRecord | None:
    return next(streamed_records(position, position, reader), None)
