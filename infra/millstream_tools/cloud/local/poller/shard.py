"""Reads one shard and distributes its records to lanes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import ClientError

from millstream_tools.cloud.local.poller.lane import Lane
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.position import Position
from millstream_tools.cloud.local.poller.record import record_from_stream

# The most records that one GetRecords may ask for:
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
GET_RECORDS_LIMIT = 10_000


class StreamClient(Protocol):
    """The calls of boto3's Kinesis client that reading needs."""

    def list_shards(self, **arguments: object) -> dict[str, Any]:
        """List the stream's shards."""

    def get_shard_iterator(self, **arguments: object) -> dict[str, Any]:
        """Open an iterator at a position."""

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Read from an iterator."""


@dataclass(slots=True)
class Shard:
    """One shard under way: its lanes and how far it is read; `vanished` if the stream dropped it with its records."""

    mapping: EventSourceMapping
    shard_id: str
    parents: Sequence[str]
    lanes: Sequence[Lane]
    position: Position
    iterator: str = ""
    ended: bool = False
    vanished: bool = False
    next_read_at: float = 0.0
    pause: float = 0.0
    _room: int = field(init=False)

    def __post_init__(self) -> None:
        # Twice a batch for each lane: the next batches are at hand when the present ones are done.
        self._room = min(GET_RECORDS_LIMIT, 2 * self.mapping.batch_size * len(self.lanes))

    @property
    def waiting(self) -> int:
        """The number of records that are read and not yet done."""
        return sum(lane.waiting for lane in self.lanes)

    @property
    def finished(self) -> bool:
        """Whether the shard is closed and every one of its records is done or discarded."""
        return self.ended and not self.waiting

    @property
    def resume_at(self) -> Position:
        """The position from which a new run must resume; later records may be delivered twice."""
        first = [record for lane in self.lanes if (record := lane.first_waiting) is not None]
        if first:
            oldest = min(first, key=lambda record: int(record.sequence_number))
            return Position("AT_SEQUENCE_NUMBER", oldest.sequence_number)
        return self.position

    def read(self, client: StreamClient) -> int:
        """Read what there is, up to the room left; the number of records read."""
        room = self._room - self.waiting
        if self.ended or room <= 0:
            return 0
        try:
            answer = self._get_records(client, room)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ExpiredIteratorException":
                self.iterator = ""
                return 0
            if code == "ResourceNotFoundException":
                # MiniStack removes a shard that is split or merged, where Kinesis keeps it until its records expire.
                self.ended = self.vanished = True
                return 0
            raise
        for raw in answer["Records"]:
            record = record_from_stream(raw, self.shard_id, self.mapping)
            self.lanes[_lane_of(record.partition_key, len(self.lanes))].offer(record)
            self.position = Position("AFTER_SEQUENCE_NUMBER", record.sequence_number)
        self.iterator = answer.get("NextShardIterator") or ""
        self.ended = not self.iterator
        return len(answer["Records"])

    def _get_records(self, client: StreamClient, limit: int) -> Dict[str, Any]:
        if not self.iterator:
            self.iterator = client.get_shard_iterator(
                StreamARN=self.mapping.stream_arn, ShardId=self.shard_id, **self.position.as_iterator()
            )["ShardIterator"]
        return client.get_records(ShardIterator=self.iterator, Limit=limit)


def _lane_of(partition_key: str, lanes: int) -> int:
    """The lane of a partition key: always the same one, so that a key's records stay in order."""
    return int.from_bytes(hashlib.blake2b(partition_key.encode(), digest_size=8).digest()) % lanes
