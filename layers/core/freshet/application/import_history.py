"""Bulk history enters as archive objects and is folded like everything else: import is replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby, islice

from freshet.application.archive_events import ArchiveEvents, Arrival
from freshet.application.ports import NO_ROW, Archive, FeatureStore, LogRecord
from freshet.application.project_events import Projected, ProjectEvents
from freshet.domain import trend_row
from freshet.domain.events import EventRecord
from freshet.domain.positions import HISTORY_SHARD, Position
from freshet.domain.records import encode

CHUNK_RECORDS = 5000
"""Records archived and folded at a time: what bounds the memory of an import."""

RECORDS_AN_IMPORT = 2**40
"""Sequence numbers that an import can give: import k has those after k times as many."""


def archive_history(records: Iterable[EventRecord], number: int, archive: Archive) -> Iterator[int]:
    """Archive the records of import `number`, in order; yields after each object how many events more are stored.

    The same records and number give the same objects, so an import that was killed is repaired by doing it again.
    Nothing is folded: a rebuild does that. Raises UnavailableError; what was yielded is stored.
    """
    first = number * RECORDS_AN_IMPORT + 1
    numbered = ((_arrival(record, place), len(record.events)) for place, record in enumerate(records, first))
    for day, of_day in groupby(numbered, key=lambda one: one[0].day):
        while chunk := list(islice(of_day, CHUNK_RECORDS)):
            archive.store([arrival.record for arrival, _ in chunk], day)
            yield sum(events for _, events in chunk)


def import_history(
    records: Iterable[EventRecord], archive: Archive, store: FeatureStore, project: ProjectEvents
) -> Iterator[Projected]:
    """Append records, in order, to the history shard, behind what an earlier import left there.

    Yields after each chunk, so that the caller can show progress. Raises UnavailableError; what was yielded is stored.
    """
    stored = store.read_trend(HISTORY_SHARD)
    first = 1 + (trend_row.unpack(stored.data).sequence if stored != NO_ROW else 0)
    arrivals = (_arrival(record, number) for number, record in enumerate(records, first))
    while chunk := list(islice(arrivals, CHUNK_RECORDS)):
        ArchiveEvents(archive)(chunk)
        yield project(HISTORY_SHARD, [arrival.record for arrival in chunk])


def _arrival(record: EventRecord, sequence_number: int) -> Arrival:
    day = datetime.fromtimestamp(record.recorded_at_ms / 1000, UTC).date().isoformat()
    log_record = LogRecord(Position(HISTORY_SHARD, sequence_number), record.subject.hex(), encode(record))
    return Arrival(log_record, day)
