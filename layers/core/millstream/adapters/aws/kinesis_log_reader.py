"""Reads the retained records of the stream shard by shard, alongside the functions that consume it.

Sources: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import error_code
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.application.ports import UNHURRIED, Budget, LogRecord, LogShard
from millstream.domain.errors import NotFoundError
from millstream.domain.log.positions import Position, shard_number

BATCH = 1_000

_SEQUENCE_DIGITS = 30
"""MiniStack compares sequence numbers as texts of this length; AWS's are longer, and moto reads them as numbers."""


class KinesisLogReader:
    """A LogReader over one stream.

    A shard allows five reads a second, and each event source mapping uses one. Throttled reads are retried here, with a
    client that calls once (see `backoff`).
    """

    def __init__(self, client: Any, stream: str, budget: Budget = UNHURRIED, attempts_in: Attempts = attempts) -> None:
        self._client = client
        self._stream = stream
        self._budget = budget
        self._attempts = attempts_in

    def shards(self) -> Sequence[LogShard]:
        """See LogReader."""
        listed: list[LogShard] = []
        arguments: dict[str, Any] = {"StreamName": self._stream}
        while arguments:
            answer = self._call(self._client.list_shards, **arguments)
            listed += map(_shard, answer["Shards"])
            token = answer.get("NextToken")
            arguments = {"NextToken": token} if token else {}
        return sorted(listed, key=lambda shard: shard_number(shard.name))

    def read_after(self, shard: str, after: int | None) -> Iterator[Sequence[LogRecord]]:
        """See LogReader."""
        iterator = self._iterator(shard, after)
        while iterator:
            try:
                answer = self._call(self._client.get_records, ShardIterator=iterator, Limit=BATCH)
            except ClientError as error:
                # A slow consumer: iterators expire after five minutes.
                if error_code(error) != "ExpiredIteratorException":
                    raise
                iterator = self._iterator(shard, after)
                continue
            records = [one for one in _records(shard, answer["Records"]) if after is None or one[0][1] > after]
            if records:
                after = records[-1].position.sequence_number
                yield records
            iterator = answer.get("NextShardIterator")
            # Only MillisBehindLatest tells the end: a response may be empty or short with more to come.
            if answer["MillisBehindLatest"] == 0 and len(answer["Records"]) < BATCH:
                return

    def _iterator(self, shard: str, after: int | None) -> str:
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            number = f"{after:0{_SEQUENCE_DIGITS}d}"
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
        try:
            answer = self._call(self._client.get_shard_iterator, StreamName=self._stream, ShardId=shard, **start)
        except ClientError as error:
            if after is None or error_code(error) not in {"InvalidArgumentException", "ValidationException"}:
                raise
            # The shard does not retain this number; records that are not newer are left out later.
            return self._iterator(shard, None)
        return str(answer["ShardIterator"])

    def _call(self, operation: Callable[..., Any], **arguments: Any) -> Any:
        """Call with retries. Raises NotFoundError, UnavailableError."""
        try:
            return retried(f"read stream {self._stream}", lambda: operation(**arguments), self._budget, self._attempts)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            asked_for = arguments.get("ShardId", "what was asked for")
            raise NotFoundError(f"stream {self._stream} does not have {asked_for}") from error


def _shard(listed: Mapping[str, Any]) -> LogShard:
    parents = (listed.get("ParentShardId"), listed.get("AdjacentParentShardId"))
    closed = "EndingSequenceNumber" in listed["SequenceNumberRange"]
    return LogShard(listed["ShardId"], tuple(parent for parent in parents if parent), closed)


def _records(shard: str, raw: Sequence[Mapping[str, Any]]) -> Iterator[LogRecord]:
    for one in raw:
        yield LogRecord(Position(shard, int(one["SequenceNumber"])), one["PartitionKey"], one["Data"])
