"""The log as Kinesis has it: read back whole, put into, and handed to a function once more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from millstream.application.ports import LogRecord
from millstream.domain.log.positions import Position
from millstream_tools.cloud.local.cloud import Cloud
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.record import record_from_stream


class Entry(NamedTuple):
    """One record of the stream, as the log has it and as Lambda is handed it."""

    record: LogRecord
    handed_over: Any


@dataclass(frozen=True)
class Stream:
    """The deployed stack's stream and the functions that read it."""

    cloud: Cloud

    def entries(self) -> dict[str, list[Entry]]:
        """Everything in the stream, in order, by shard."""
        shards = self.cloud.client("kinesis").list_shards(StreamName=self._name)["Shards"]
        return {shard["ShardId"]: self._shard(shard["ShardId"]) for shard in shards}

    def put(self, partition_key: str, datas: Sequence[bytes]) -> list[Position]:
        """Put bytes straight into the stream, past the API; all of one key lie in one shard, in order."""
        records = [{"Data": data, "PartitionKey": partition_key} for data in datas]
        answer = self.cloud.client("kinesis").put_records(StreamName=self._name, Records=records)
        return [Position(put["ShardId"], int(put["SequenceNumber"])) for put in answer["Records"]]

    def hand_over(self, function: str, entries: Iterable[Entry]) -> dict[str, Any]:
        """Invoke a deployed function, named as in template.yaml, with a batch, and return its answer."""
        answer = self.cloud.client("lambda").invoke(FunctionName=self.name_of(function), Payload=batch_of(entries))
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return dict(payload)

    def name_of(self, function: str) -> str:
        """The deployed name of a function of template.yaml."""
        return self.cloud.deployment.outputs[f"{function}Name"]

    @property
    def _name(self) -> str:
        return self.cloud.deployment.outputs["StreamName"]

    def _shard(self, shard_id: str) -> list[Entry]:
        kinesis = self.cloud.client("kinesis")
        iterator = kinesis.get_shard_iterator(
            StreamName=self._name, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        entries: list[Entry] = []
        while (answer := kinesis.get_records(ShardIterator=iterator))["Records"]:
            entries += (_entry(raw, shard_id) for raw in answer["Records"])
            if "NextShardIterator" not in answer:  # the end of a closed shard
                break
            iterator = answer["NextShardIterator"]
        return entries


def batch_of(entries: Iterable[Entry]) -> bytes:
    """The event with which Lambda hands over a batch."""
    return json.dumps({"Records": [entry.handed_over for entry in entries]}).encode()


def _entry(raw: dict[str, Any], shard_id: str) -> Entry:
    position = Position(shard_id, int(raw["SequenceNumber"]))
    handed_over = record_from_stream(raw, shard_id, _MAPPING).event
    return Entry(LogRecord(position, raw["PartitionKey"], raw["Data"]), handed_over)


_MAPPING = EventSourceMapping(
    "any", "arn:aws:lambda:us-east-1:000000000000:function:any", "arn:aws:kinesis:us-east-1:000000000000:stream/any"
)
"""What the handlers do not look at: they read the record, and not who delivered it."""
