"""The log in memory, with shards that can be split and merged."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from millstream.application.ports import UNHURRIED, Budget, LogRecord, LogShard
from millstream.domain.errors import InvalidInputError, NotFoundError
from millstream.domain.log.positions import Position, shard_name

KEYS = 2**128
"""The number of hash keys; each belongs to one open shard."""

BATCH = 1_000


def hash_key(partition_key: str) -> int:
    """The hash key of a partition key.

    Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
    """
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


@dataclass
class _Shard:
    """A shard and its hash keys while it is open."""

    name: str
    hash_keys: range
    parents: tuple[str, ...] = ()
    closed: bool = False
    records: list[LogRecord] = field(default_factory=list)


class MemoryEventLog:
    """An EventLog and a LogReader. One sequence for all shards, so a child's numbers are above its parents'."""

    def __init__(self, shards: int = 1) -> None:
        self._shards: dict[str, _Shard] = {}
        self._last = 0
        self._opened = 0
        for place in range(shards):
            self._open(range(place * KEYS // shards, (place + 1) * KEYS // shards))

    @property
    def records(self) -> list[LogRecord]:
        """All records of the log, in order of arrival."""
        held = (record for shard in self._shards.values() for record in shard.records)
        return sorted(held, key=lambda record: record.position.sequence_number)

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:  # noqa: ARG002  # at once
        """See EventLog."""
        key = hash_key(partition_key)
        shard = next(s for s in self._shards.values() if not s.closed and key in s.hash_keys)
        self._last += 1
        position = Position(shard.name, self._last)
        shard.records.append(LogRecord(position, partition_key, data))
        return position

    def append_many(self, records: Sequence[tuple[str, bytes]], budget: Budget = UNHURRIED) -> list[Position]:
        """See EventLog."""
        return [self.append(key, data, budget) for key, data in records]

    def shards(self) -> Sequence[LogShard]:
        """See LogReader."""
        return [LogShard(s.name, s.parents, s.closed) for s in self._shards.values()]

    def read_after(self, shard: str, after: int | None) -> Iterator[Sequence[LogRecord]]:
        """See LogReader."""
        records = self._shard(shard).records
        start = bisect_right(records, after, key=attrgetter("position.sequence_number")) if after is not None else 0
        held = records[start:]
        yield from (held[first : first + BATCH] for first in range(0, len(held), BATCH))

    def open_shards(self) -> list[str]:
        """The open shards, in the order of their hash keys: neighbours can be merged."""
        taking = [shard for shard in self._shards.values() if not shard.closed]
        return [shard.name for shard in sorted(taking, key=lambda shard: shard.hash_keys.start)]

    def split(self, shard: str) -> tuple[str, str]:
        """Split an open shard into two halves by hash key; return their names. Raises InvalidInputError."""
        parent = self._open_shard(shard)
        middle = (parent.hash_keys.start + parent.hash_keys.stop) // 2
        if middle == parent.hash_keys.start:
            raise InvalidInputError("shard", "one with at least two hash keys", shard)
        parent.closed = True
        low, high = range(parent.hash_keys.start, middle), range(middle, parent.hash_keys.stop)
        return self._open(low, shard), self._open(high, shard)

    def merge(self, shard: str, neighbour: str) -> str:
        """Merge two adjacent open shards; return the name of the new one. Raises InvalidInputError."""
        low, high = sorted((self._open_shard(shard), self._open_shard(neighbour)), key=lambda s: s.hash_keys.start)
        if low.hash_keys.stop != high.hash_keys.start:
            raise InvalidInputError("neighbour", f"an open shard adjacent to {shard}", neighbour)
        low.closed = high.closed = True
        return self._open(range(low.hash_keys.start, high.hash_keys.stop), shard, neighbour)

    def forget_before(self, sequence_number: int) -> None:
        """Drop older records, as a stream does after its retention period, and closed shards without records."""
        for shard in list(self._shards.values()):
            shard.records = [r for r in shard.records if r.position.sequence_number >= sequence_number]
            if shard.closed and not shard.records:
                del self._shards[shard.name]

    def _open(self, hash_keys: range, *parents: str) -> str:
        name = shard_name(self._opened)
        self._opened += 1
        self._shards[name] = _Shard(name, hash_keys, parents)
        return name

    def _shard(self, name: str) -> _Shard:
        if name not in self._shards:
            raise NotFoundError(f"shard {name} is not in the log")
        return self._shards[name]

    def _open_shard(self, name: str) -> _Shard:
        shard = self._shard(name)
        if shard.closed:
            raise InvalidInputError("shard", "an open shard", name)
        return shard
