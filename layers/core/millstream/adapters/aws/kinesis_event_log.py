"""The log in Kinesis.

Sources: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html

Retries happen here, within the budget, with a client that calls once (see `backoff`). A call with a lost response may
have stored its record; it is repeated, and the log may then contain the record twice in a row. That is harmless,
because events count once by their ids. Records in doubt at the end are reported as not stored.

One PutRecords call never has two records of one partition key: a rejected record does not stop later ones, so the
second could be stored before the first, and the log cannot be changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from millstream.adapters.aws.aws_errors import may_succeed_later, translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.application.ports import UNHURRIED, Budget, NotAllStoredError
from millstream.domain.errors import MillstreamError, UnavailableError
from millstream.domain.log.positions import Position

RECORDS_A_CALL = 500
BYTES_A_CALL = 5 * 1024 * 1024
"""Data and partition keys together; some regions accept more by now."""

Record = tuple[str, bytes]


class KinesisEventLog:
    """An EventLog over one stream; records of one partition key share a shard, so they keep their order."""

    def __init__(self, client: Any, stream: str, attempts_in: Attempts = attempts) -> None:
        self._client = client
        self._stream = stream
        self._attempts = attempts_in
        self._what = f"append to stream {stream}"

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """See EventLog."""
        answer = retried(
            self._what,
            lambda: self._client.put_record(StreamName=self._stream, PartitionKey=partition_key, Data=data),
            budget,
            self._attempts,
        )
        return _position(answer)

    def append_many(self, records: Sequence[Record], budget: Budget = UNHURRIED) -> list[Position]:
        """See EventLog."""
        positions: list[Position | None] = [None] * len(records)
        for places in _calls(records):
            refusal = self._put_all(records, places, positions, budget)
            if refusal:
                # The remaining calls may contain later records of the same keys.
                raise NotAllStoredError(f"{self._what}: {refusal}", positions)
        return [position for position in positions if position]

    def _put_all(
        self, records: Sequence[Record], places: Sequence[int], positions: list[Position | None], budget: Budget
    ) -> str:
        """Store the records at these indices, and retry the rejected ones; return the last error, if any."""
        refusal = "no time left to try"
        for _ in self._attempts(budget):
            try:
                with translate_aws_errors("the call failed"):
                    answer = self._put([records[place] for place in places])
            except UnavailableError as error:
                refusal = str(error)
                continue
            refused = []
            for place, result in zip(places, answer, strict=True):
                if "ErrorCode" in result:
                    refused.append(place)
                    refusal = self._passing(result)
                else:
                    positions[place] = _position(result)
            if not refused:
                return ""
            places = refused
        return refusal

    def _put(self, records: Sequence[Record]) -> Sequence[dict[str, Any]]:
        entries = [{"PartitionKey": key, "Data": data} for key, data in records]
        answer: Sequence[dict[str, Any]] = self._client.put_records(StreamName=self._stream, Records=entries)["Records"]
        return answer

    def _passing(self, result: dict[str, Any]) -> str:
        """The error of one record as text. Raises MillstreamError for one that a retry cannot resolve."""
        refusal = f"{result['ErrorCode']}: {result.get('ErrorMessage', 'no reason given')}"
        if not may_succeed_later(result["ErrorCode"]):
            raise MillstreamError(f"{self._what}: {refusal}")
        return refusal


def _calls(records: Sequence[Record]) -> Iterator[list[int]]:
    """The records' indices, grouped into calls: the first record of each key, then the second of each, …"""
    met: Counter[str] = Counter()
    rounds: list[list[int]] = []
    for place, (key, _) in enumerate(records):
        if met[key] == len(rounds):
            rounds.append([])
        rounds[met[key]].append(place)
        met[key] += 1
    for places in rounds:
        yield from _cut(records, places)


def _cut(records: Sequence[Record], places: Sequence[int]) -> Iterator[list[int]]:
    """Indices grouped into calls within the limits of records and bytes; a too large record gets its own call."""
    call: list[int] = []
    size = 0
    for place in places:
        key, data = records[place]
        bytes_more = len(key.encode()) + len(data)
        if call and (len(call) == RECORDS_A_CALL or size + bytes_more > BYTES_A_CALL):
            yield call
            call, size = [], 0
        call.append(place)
        size += bytes_more
    if call:
        yield call


def _position(stored: dict[str, Any]) -> Position:
    return Position(stored["ShardId"], int(stored["SequenceNumber"]))
