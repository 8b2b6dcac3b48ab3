"""Import history as archive objects, which a rebuild folds like all others, and void it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count, groupby, islice

from millstream.application.collect.publish_items import ABOUT_ITEMS
from millstream.application.ports import Archive, Clock, EventLog, Head, LogRecord
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
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
    first, start = number * RECORDS_AN_IMPORT + 1, 0
    places = count(first)
    for day, of_day in groupby(records, key=_day):
        while chunk := list(islice(of_day, CHUNK_RECORDS)):
            stored = [_log_record(record, place) for record, place in zip(chunk, places, strict=False)]
            archive.store(stored, day, start=start)
            start += len(stored)
            yield sum(len(record.events) for record in chunk)
    if start:
        name, end = head_of(number), Head(first + start - 1, start)
        if (seen := archive.head(name)) != end:
            archive.advance(name, seen, end)


def head_of(number: int) -> str:
    """The name of the archive's head of import `number`: each import counts its own records."""
    return f"{HISTORY_SHARD}-{number}"


def number_of(name: str) -> int | None:
    """The inverse of `head_of`; None for the head of a shard of the stream."""
    shard, _, number = name.rpartition("-")
    return int(number) if shard == HISTORY_SHARD else None


def numbers_of(names: Iterable[str]) -> list[int]:
    """The numbers of the imports among these heads, in order."""
    return sorted(number for number in map(number_of, names) if number is not None)


def void_history(number: int, log: EventLog, clock: Clock) -> Position:
    """Append HistoryVoided for all records of import `number`; return its position. Raises UnavailableError.

    Views that are built from then on, training sets and fits leave these records out. Repeating it changes nothing.
    """
    now_ms = clock.now_ms()
    first, last = range_of(number)
    attributes = {"first": str(first), "last": str(last)}
    voided = Event(EventKind.HistoryVoided, f"{first}@{now_ms}", None, now_ms, None, attributes)
    return log.append(ABOUT_ITEMS.hex(), encode(EventRecord(ABOUT_ITEMS, now_ms, (voided,))))


def range_of(number: int) -> tuple[Position, Position]:
    """The first and the last position that records of import `number` can have."""
    before = number * RECORDS_AN_IMPORT
    return Position(HISTORY_SHARD, before + 1), Position(HISTORY_SHARD, before + RECORDS_AN_IMPORT)


def _day(record: EventRecord) -> str:
    """The day (YYYY-MM-DD, UTC) on which a record was recorded."""
    return datetime.fromtimestamp(record.recorded_at_ms / 1000, UTC).date().isoformat()


def _log_record(record: EventRecord, sequence_number: int) -> LogRecord:
    return LogRecord(Position(HISTORY_SHARD, sequence_number), record.subject.hex(), encode(record))
