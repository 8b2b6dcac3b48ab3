"""Import history as archive objects, which a rebuild folds like all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count, groupby, islice

from millstream.application.ports import Archive, LogRecord
from millstream.domain.log.events import EventRecord
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream.domain.log.records import encode

CHUNK_RECORDS = 5000
"""Largest number of records per archived object, which bounds the memory of an import."""

RECORDS_AN_IMPORT = 2**40
"""Sequence numbers per import: those of import k start after k times as many."""


def archive_history(records: Iterable[EventRecord], number: int, archive: Archive) -> Iterator[int]:
    """Archive the records of import `number`, in order; yield the number of stored events after each object.

    The same records and number give the same objects, so an interrupted import is completed by running it again.
    Nothing is folded: a rebuild does that. Raises UnavailableError; the objects yielded so far are stored.
    """
    places, start = count(number * RECORDS_AN_IMPORT + 1), 0
    for day, of_day in groupby(records, key=_day):
        while chunk := list(islice(of_day, CHUNK_RECORDS)):
            stored = [_log_record(record, place) for record, place in zip(chunk, places, strict=False)]
            archive.store(stored, day, start=start)
            start += len(stored)
            yield sum(len(record.events) for record in chunk)


def _day(record: EventRecord) -> str:
    """The day (YYYY-MM-DD, UTC) on which a record was recorded."""
    return datetime.fromtimestamp(record.recorded_at_ms / 1000, UTC).date().isoformat()


def _log_record(record: EventRecord, sequence_number: int) -> LogRecord:
    return LogRecord(Position(HISTORY_SHARD, sequence_number), record.subject.hex(), encode(record))
