"""A stream that fails as told, over a log in memory: as much of boto3's Kinesis client as the log adapter calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from freshet.adapters.memory import MemoryEventLog


class Fate(Enum):
    """What becomes of one call, or of one record of a call of many."""

    STORED = "stored, and said to be"
    LOST = "stored, and the answer is lost"
    TIMED_OUT = "not stored, and no answer"
    UNREACHABLE = "no connection"
    THROTTLED = "ProvisionedThroughputExceededException"
    FAILED = "InternalFailure"
    BUSY = "ServiceUnavailable"


_STATUS = {Fate.THROTTLED: 400, Fate.FAILED: 500, Fate.BUSY: 503}


class FaultyKinesis:
    """Each call meets the next fate; when there are none left, everything is stored."""

    def __init__(self, log: MemoryEventLog, fates: Iterable[Fate]) -> None:
        self._log = log
        self._fates = iter(fates)

    def put_record(self, StreamName: str, PartitionKey: str, Data: bytes) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        fate = next(self._fates, Fate.STORED)
        if fate in {Fate.STORED, Fate.LOST}:
            stored = self._store(PartitionKey, Data)
        if fate is not Fate.STORED:
            raise error_of(fate)
        return stored

    def put_records(self, StreamName: str, Records: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3. The call's own fate comes first, then each record's: of those, what is not stored is refused."""
        call = next(self._fates, Fate.STORED)
        if call not in {Fate.STORED, Fate.LOST}:
            raise error_of(call)
        results = []
        for record in Records:
            fate = next(self._fates, Fate.STORED)
            if fate is Fate.STORED:
                results.append(self._store(record["PartitionKey"], record["Data"]))
            else:
                code = "InternalFailure" if fate is Fate.FAILED else "ProvisionedThroughputExceededException"
                results.append({"ErrorCode": code, "ErrorMessage": "slower"})
        if call is Fate.LOST:
            raise error_of(call)
        return {"FailedRecordCount": sum("ErrorCode" in one for one in results), "Records": results}

    def _store(self, key: str, data: bytes) -> dict[str, Any]:
        position = self._log.append(key, data)
        return {"ShardId": position.shard, "SequenceNumber": str(position.sequence_number)}


def error_of(fate: Fate) -> Exception:
    """What boto3 raises."""
    if fate in {Fate.LOST, Fate.TIMED_OUT}:
        return ReadTimeoutError(endpoint_url="https://kinesis")
    if fate is Fate.UNREACHABLE:
        return EndpointConnectionError(endpoint_url="https://kinesis")
    answer: Any = {
        "Error": {"Code": fate.value, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": _STATUS[fate]},
    }
    return ClientError(answer, "PutRecord")
