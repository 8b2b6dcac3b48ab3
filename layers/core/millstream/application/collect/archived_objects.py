"""Reading the log from archived objects: group overlapping objects and merge their records in order.

Each object holds consecutive records of one shard. Objects overlap if a batch was delivered again with other bounds.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from millstream.application.ports import ArchivedObject, ArchiveSlice, LogRecord


def sliced(objects: Iterable[ArchivedObject], most_bytes: int) -> Iterator[ArchiveSlice]:
    """Group objects as `Archive.slices` specifies: overlapping objects are in the same slice."""
    group: list[ArchivedObject] = []
    last = stored_bytes = 0
    for one in sorted(objects, key=lambda one: one.place):
        apart = bool(group) and (one.shard != group[0].shard or one.first > last)
        if apart and (one.shard != group[0].shard or stored_bytes + one.stored_bytes > most_bytes):
            yield _slice(group, stored_bytes, last)
            group, last, stored_bytes = [], 0, 0
        group.append(one)
        last = max(last, one.last)
        stored_bytes += one.stored_bytes
    if group:
        yield _slice(group, stored_bytes, last)


def merged(
    objects: Iterable[ArchivedObject], records_of: Callable[[ArchivedObject], Iterator[LogRecord]]
) -> Iterator[LogRecord]:
    """Each record of one shard's objects once, in order.

    An object is opened when its first record is due and closed after its last, so only overlapping objects are open at
    the same time. Nothing is assumed about the records between an object's first and last.
    """
    waiting = deque(sorted(objects, key=lambda one: one.place))
    being_read: list[tuple[int, int, LogRecord, Iterator[LogRecord]]] = []
    opened, read_until = 0, -1
    while waiting or being_read:
        while waiting and (not being_read or waiting[0].first <= being_read[0][0]):
            _go_on(being_read, opened, records_of(waiting.popleft()))
            opened += 1
        if not being_read:
            continue
        sequence_number, place, record, following = heapq.heappop(being_read)
        if sequence_number > read_until:
            read_until = sequence_number
            yield record
        _go_on(being_read, place, following)


def _go_on(
    being_read: list[tuple[int, int, LogRecord, Iterator[LogRecord]]], place: int, records: Iterator[LogRecord]
) -> None:
    record = next(records, None)
    if record is not None:
        heapq.heappush(being_read, (record.position.sequence_number, place, record, records))


def _slice(group: list[ArchivedObject], stored_bytes: int, last: int) -> ArchiveSlice:
    return ArchiveSlice(group[0].shard, tuple(one.name for one in group), stored_bytes, last)
