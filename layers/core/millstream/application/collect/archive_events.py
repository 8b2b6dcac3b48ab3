"""Archive a batch of records of one shard, by the day on which they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from millstream.application.ports import UNHURRIED, Archive, Budget, LogRecord


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
        """The names of the stored objects. Records must be of one shard, in order. Raises UnavailableError."""
        return tuple(
            self.archive.store([arrival.record for arrival in arrivals], day, budget)
            for day, arrivals in groupby(batch, key=lambda arrival: arrival.day)
        )
