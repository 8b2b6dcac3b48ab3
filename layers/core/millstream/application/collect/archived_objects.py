"""How an archive's objects become the log again: which ones belong together, and in which order their records come.

Each object is a run of one shard's records, in order. Runs overlap where a batch was delivered again in another cut.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from millstream.application.ports import ArchiveSlice, LogRecord
from millstream.domain.log.positions import shard_number


class ArchivedObject(NamedTuple):
    """What an object's name and its entry in the listing say."""

    day: str
    shard: str
    first: int
    last: int
    name: str
    stored_bytes: int

    @property
    def place(self) -> tuple[int, int, int, str]:
        """What orders objects: shard number, first and last sequence number; the name where all are the same."""
        return shard_number(self.shard), self.first, self.last, self.name


def sliced(objects: Iterable[ArchivedObject], most_bytes: int) -> Iterator[ArchiveSlice]:
    """Group objects as `Archive.slices` promises: no cut goes through objects that overlap."""
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

    An object is opened when its first record is due and forgotten after its last: objects that do not overlap are
    never open together. Nothing is taken for granted of what an object holds between its first and its last record.
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
