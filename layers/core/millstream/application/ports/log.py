"""The append-only log: writing and reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.errors import UnavailableError
from millstream.domain.log.positions import Position


class LogRecord(NamedTuple):
    """A stored record; `data` is encoded by `domain.log.records`."""

    position: Position
    partition_key: str
    data: bytes


class NotAllStoredError(UnavailableError):
    """Not all records of a call are known to be stored; `positions` has None for those that are not."""

    def __init__(self, why: str, positions: Sequence[Position | None]) -> None:
        self.positions = tuple(positions)
        missing = sum(position is None for position in self.positions)
        super().__init__(f"{missing} of {len(self.positions)} records are not known to be stored: {why}")


class EventLog(Protocol):
    """The append-only log. Records of one partition key keep the order in which they were appended.

    A record is reported as stored only if it is. A record that is not reported as stored may still be in the log, once
    or more, if a response was lost.
    """

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """Store one record and return its position. Raises UnavailableError if the budget ends first."""

    def append_many(self, records: Sequence[tuple[str, bytes]], budget: Budget = UNHURRIED) -> list[Position]:
        """Store records, each a partition key and data, and return their positions.

        Raises NotAllStoredError, with the positions of the stored ones, if the budget ends first.
        """


class LogShard(NamedTuple):
    """One shard of the stream; `parents` are the shards that it continues, some of which may have expired."""

    name: str
    parents: tuple[str, ...]
    closed: bool


class LogReader(Protocol):
    """Reads the part of the log that the stream still retains."""

    def shards(self) -> Sequence[LogShard]:
        """All shards that the stream retains, parents before children (by number). Raises UnavailableError."""

    def read_after(self, shard: str, after: int | None) -> Iterator[Sequence[LogRecord]]:
        """The records of a shard after a sequence number, in order, in batches of at most 1,000.

        With None, or a number that the stream no longer retains, reading starts at the oldest retained record. It ends
        at the shard's end, or when there is nothing newer. Raises NotFoundError for a shard that the stream does not
        have (any more), UnavailableError.
        """
