"""A stream that fails as told, over a log in memory: as much of boto3's Kinesis client as the log adapter calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from millstream.adapters.memory import MemoryEventLog
from tests.faults import Fate, error_of


class FaultyKinesis:
    """Each call meets the next fate; when there are none left, everything is stored."""

    def __init__(self, log: MemoryEventLog, fates: Iterable[Fate]) -> None:
        self._log = log
        self._fates = iter(fates)

    def put_record(self, StreamName: str, PartitionKey: str, Data: bytes) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        fate = next(self._fates, Fate.DONE)
        if fate.happens:
            stored = self._store(PartitionKey, Data)
        if fate is not Fate.DONE:
            raise error_of(fate)
        return stored

    def put_records(self, StreamName: str, Records: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3. The call's own fate comes first, then each record's: of those, what is not done is refused."""
        call = next(self._fates, Fate.DONE)
        if not call.happens:
            raise error_of(call)
        results = []
        for record in Records:
            fate = next(self._fates, Fate.DONE)
            if fate is Fate.DONE:
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
