"""A batch of one shard's log goes to the log's long memory, filed by the day on which it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from millstream.application.ports import UNHURRIED, Archive, Budget, LogRecord


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record and the day (YYYY-MM-DD, UTC) on which the stream took it in."""

    record: LogRecord
    day: str


@dataclass(frozen=True)
class ArchiveEvents:
    """Store a batch; storing it again, or another cut of it, leaves the archive as readable as before."""

    archive: Archive

    def __call__(self, batch: Sequence[Arrival], budget: Budget = UNHURRIED) -> tuple[str, ...]:
        """The names of the stored objects. Records must be of one shard, in order. Raises UnavailableError."""
        return tuple(
            self.archive.store([arrival.record for arrival in arrivals], day, budget)
            for day, arrivals in groupby(batch, key=lambda arrival: arrival.day)
        )
