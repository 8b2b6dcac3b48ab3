from __future__ import annotations

import pytest

from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.adapters.memory import MemoryEventLog
from tests.contract.log_reader_suite import SHARDS, LogReaderSuite, ReshardingSuite, Stream
from tests.contract.places import Place
from tests.kinesis_shards import split_in_the_middle


class TestMemoryLogReader(ReshardingSuite):
    @pytest.fixture
    def stream(self) -> Stream:
        """In memory."""
        log = MemoryEventLog(SHARDS)
        return Stream(log, log)

    def split(self, stream: Stream, shard: str) -> None:
        """In the middle."""
        assert isinstance(stream.log, MemoryEventLog)
        stream.log.split(shard)

    def merge(self, stream: Stream, shard: str, neighbour: str) -> None:
        """Side by side."""
        assert isinstance(stream.log, MemoryEventLog)
        stream.log.merge(shard, neighbour)


class TestKinesisLogReaderOnMoto(LogReaderSuite):
    """Without resharding: moto moves a parent's records to its children, and goes on filling the parent."""

    @pytest.fixture
    def stream(self, moto: Place) -> Stream:
        """A stream in moto."""
        return stream_in(moto)


@pytest.mark.cloud
class TestKinesisLogReaderInTheLocalCloud(ReshardingSuite):
    @pytest.fixture
    def stream(self, local: Place) -> Stream:
        """A stream in the local cloud."""
        return stream_in(local)

    def split(self, stream: Stream, shard: str) -> None:
        """In the middle."""
        assert isinstance(stream.reader, KinesisLogReader)
        split_in_the_middle(stream.reader._client, stream.reader._stream, shard)

    def merge(self, stream: Stream, shard: str, neighbour: str) -> None:
        """Side by side."""
        assert isinstance(stream.reader, KinesisLogReader)
        stream.reader._client.merge_shards(
            StreamName=stream.reader._stream, ShardToMerge=shard, AdjacentShardToMerge=neighbour
        )


def stream_in(place: Place) -> Stream:
    """A new stream of that place."""
    kinesis, name = place.client("kinesis"), place.stream(SHARDS)
    return Stream(KinesisEventLog(kinesis, name), KinesisLogReader(kinesis, name))
