"""Kinesis as the poller calls it, over a log in memory: a closed shard keeps what it held, as it does in AWS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import LogRecord, LogShard
from millstream.domain.log.positions import Position


@dataclass(frozen=True)
class ReadTrouble:
    """What the next read of a shard comes to: an error with this code, or, without one, an empty answer."""

    code: str = ""


class Kinesis:
    """The calls of boto3's client that the poller makes, over a log in memory. An iterator is `shard@place`."""

    def __init__(self, log: MemoryEventLog, now: Callable[[], float]) -> None:
        self.log = log
        self.moods: list[ReadTrouble] = []
        self._now = now
        self._arrivals: dict[Position, float] = {}

    def append(self, partition_key: str, data: bytes) -> None:
        """One record, which arrives now."""
        self._arrivals[self.log.append(partition_key, data)] = self._now()

    def list_shards(self, **arguments: Any) -> dict[str, Any]:
        """Two a page."""
        first = int(arguments.get("NextToken", 0))
        shards = self.log.shards()
        more = {"NextToken": str(first + 2)} if first + 2 < len(shards) else {}
        return {"Shards": [_listed(shard) for shard in shards[first : first + 2]], **more}

    def get_shard_iterator(self, **arguments: Any) -> dict[str, Any]:
        """See boto3."""
        number = int(arguments.get("StartingSequenceNumber", 0))
        passed = number + (arguments["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER")
        held = self._held(arguments["ShardId"])
        place = sum(one.position.sequence_number < passed for one in held)
        return {"ShardIterator": f"{arguments['ShardId']}@{place}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        mood = self.moods.pop(0) if self.moods else None
        if mood is not None and mood.code:
            raise ClientError({"Error": {"Code": mood.code, "Message": ""}}, "GetRecords")
        shard, _, place = ShardIterator.partition("@")
        held = self._held(shard)
        records = held[int(place) : int(place) + (Limit if mood is None else 0)]
        end = int(place) + len(records)
        answer: dict[str, Any] = {"Records": [self._raw(one) for one in records]}
        closed = next(one.closed for one in self.log.shards() if one.name == shard)
        if not (closed and end == len(held)):
            answer["NextShardIterator"] = f"{shard}@{end}"
        return answer

    def _held(self, shard: str) -> list[LogRecord]:
        return list(chain.from_iterable(self.log.read_after(shard, None)))

    def _raw(self, one: LogRecord) -> dict[str, Any]:
        return {
            "SequenceNumber": str(one.position.sequence_number),
            "PartitionKey": one.partition_key,
            "Data": one.data,
            "ApproximateArrivalTimestamp": datetime.fromtimestamp(self._arrivals[one.position], UTC),
        }


def _listed(shard: LogShard) -> dict[str, Any]:
    names = ("ParentShardId", "AdjacentParentShardId")
    return {"ShardId": shard.name, **dict(zip(names, shard.parents, strict=False))}
