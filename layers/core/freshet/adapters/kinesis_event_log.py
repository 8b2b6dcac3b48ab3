"""The log in Kinesis. Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html"""

from __future__ import annotations

from typing import Any

from freshet.adapters.aws_errors import unavailable_in_our_words
from freshet.domain.positions import Position


class KinesisEventLog:
    """An EventLog over one stream; records of one partition key share a shard, so they keep their order."""

    def __init__(self, client: Any, stream: str) -> None:
        self._client = client
        self._stream = stream

    def append(self, partition_key: str, data: bytes) -> Position:
        """See EventLog."""
        with unavailable_in_our_words(f"append to stream {self._stream}"):
            answer = self._client.put_record(StreamName=self._stream, PartitionKey=partition_key, Data=data)
        return Position(answer["ShardId"], int(answer["SequenceNumber"]))
