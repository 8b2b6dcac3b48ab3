"""The append-only log, written and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.errors import UnavailableError
from millstream.domain.log.positions import Position


class LogRecord(NamedTuple):
    """One record as it lies in the log; `data` is what `domain.records` encodes."""

    position: Position
    partition_key: str
    data: bytes


class NotAllStoredError(UnavailableError):
    """Not all records of a call are known to be stored; `positions` has each record's place, None for those."""

    def __init__(self, why: str, positions: Sequence[Position | None]) -> None:
        self.positions = tuple(positions)
        missing = sum(position is None for position in self.positions)
        super().__init__(f"{missing} of {len(self.positions)} records are not known to be stored: {why}")


class EventLog(Protocol):
    """The append-only log. Records of one partition key keep the order in which they were appended.

    A record is reported as stored only if it is. One that is not reported as stored may lie in the log all the same,
    once or more, if an answer was lost on the way.
    """

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """Store one record and say where. Raises UnavailableError when the budget ends first."""

    def append_many(self, records: Sequence[tuple[str, bytes]], budget: Budget = UNHURRIED) -> list[Position]:
        """Store records, each a partition key and data, and say where each lies.

        Raises NotAllStoredError, which says where those lie that were stored, when the budget ends first.
        """


class LogShard(NamedTuple):
    """One shard of the stream; `parents` are the shards that it continues, some of which may be gone by now."""

    name: str
    parents: tuple[str, ...]
    closed: bool


class LogReader(Protocol):
    """The log's short memory: what the stream still holds."""

    def shards(self) -> Sequence[LogShard]:
        """Every shard that the stream still holds, parents before children (by number). Raises UnavailableError."""

    def read_after(self, shard: str, after: int | None) -> Iterator[Sequence[LogRecord]]:
        """Batches of at most 1,000 records, in order: what lies in one shard behind a sequence number at this moment.

        None, or a number that the stream no longer holds, stands for the shard's beginning as far as it is still held.
        Ends at the shard's end, or when nothing newer is there. Raises NotFoundError for a shard that the stream does
        not hold (any more), UnavailableError.
        """
