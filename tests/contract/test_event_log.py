from __future__ import annotations

from typing import Any

import pytest

from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.memory import MemoryEventLog
from millstream.application.ports import EventLog, LogRecord
from millstream.domain.log.positions import Position
from tests.contract.event_log_suite import EventLogSuite
from tests.contract.places import Place


class TestMemoryEventLog(EventLogSuite):
    @pytest.fixture
    def log(self) -> EventLog:
        """In memory."""
        return MemoryEventLog()

    def stored(self, log: EventLog) -> list[LogRecord]:
        """Its list."""
        assert isinstance(log, MemoryEventLog)
        return log.records


class KinesisSuite(EventLogSuite):
    """Two shards, read back through the API."""

    def stored(self, log: EventLog) -> list[LogRecord]:
        """Every shard from its beginning."""
        assert isinstance(log, KinesisEventLog)
        return _stored(log._client, log._stream)


class TestKinesisEventLogOnMoto(KinesisSuite):
    @pytest.fixture
    def log(self, moto: Place) -> EventLog:
        """A stream in moto."""
        return KinesisEventLog(moto.client("kinesis"), moto.stream(shards=2))


@pytest.mark.cloud
class TestKinesisEventLogInTheLocalCloud(KinesisSuite):
    @pytest.fixture
    def log(self, local: Place) -> EventLog:
        """A stream in the local cloud."""
        return KinesisEventLog(local.client("kinesis"), local.stream(shards=2))


def _stored(kinesis: Any, stream: str) -> list[LogRecord]:
    records = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        name = shard["ShardId"]
        iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=name, ShardIteratorType="TRIM_HORIZON")
        for record in kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]:
            position = Position(name, int(record["SequenceNumber"]))
            records.append(LogRecord(position, record["PartitionKey"], record["Data"]))
    return records
