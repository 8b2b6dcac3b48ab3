"""Archive a batch of records of one shard, by the day on which they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from millstream.application.ports import UNHURRIED, Archive, Budget, Head, LogRecord


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record and the day (YYYY-MM-DD, UTC) on which it arrived in the stream."""

    record: LogRecord
    day: str


@dataclass(frozen=True)
class ArchiveEvents:
    """Store a batch. Storing it again, also in other batches, does not change what the archive contains."""

    archive: Archive

    def __call__(self, batch: Sequence[Arrival], budget: Budget = UNHURRIED) -> tuple[str, ...]:
        """The names of the stored objects. Records must be of one shard, in order.

        Raises UnavailableError, ConflictError if another call archives the same shard: archive the batch again.
        """
        if not batch:
            return ()
        shard = batch[0].record.position.shard
        head = self.archive.head(shard)
        start = _start(head, batch)
        names, count = [], 0
        for day, arrivals in groupby(batch, key=lambda arrival: arrival.day):
            records = [arrival.record for arrival in arrivals]
            place = None if start is None else start + count
            names.append(self.archive.store(records, day, budget, start=place))
            count += len(records)
        last = batch[-1].record.position.sequence_number
        if start is not None and (head is None or last > head.last):
            self.archive.advance(shard, head, Head(last, start + count), budget)
        return tuple(names)


def _start(head: Head | None, batch: Sequence[Arrival]) -> int | None:
    """The number of records archived before the batch; None for a batch that was archived long before the head.

    A batch that is delivered again may begin before the head. If it reaches beyond it, its records up to the head are
    the last ones that the head counts.
    """
    if head is None:
        return 0
    known = sum(arrival.record.position.sequence_number <= head.last for arrival in batch)
    if known > head.records or (known == len(batch) and batch[-1].record.position.sequence_number < head.last):
        return None
    return head.records - known
