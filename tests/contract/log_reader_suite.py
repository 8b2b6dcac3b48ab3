"""What every LogReader must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import chain
from typing import NamedTuple

import pytest

from millstream.application.ports import EventLog, LogReader, LogRecord
from millstream.domain.errors import NotFoundError
from millstream.domain.log.positions import shard_name, shard_number

EVERY_BYTE = bytes(range(256))
SHARDS = 2


class Stream(NamedTuple):
    """One log, for writing and for reading."""

    log: EventLog
    reader: LogReader

    def fill(self, count: int) -> list[LogRecord]:
        """Append records with keys of their own, and say what lies where."""
        data = [b"%d" % number for number in range(count)]
        return [LogRecord(self.log.append(one.decode(), one), one.decode(), one) for one in data]

    def read(self, shard: str, after: int | None = None) -> list[LogRecord]:
        """What lies in one shard."""
        return list(chain.from_iterable(self.reader.read_after(shard, after)))


def of_shard(shard: str, records: list[LogRecord]) -> list[LogRecord]:
    """Those of one shard."""
    return [one for one in records if one.position.shard == shard]


class LogReaderSuite(ABC):
    """Give an empty log of two shards; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def stream(self) -> Stream:
        """An empty log with SHARDS shards."""

    def test_every_shard_is_listed_in_the_order_of_its_number(self, stream: Stream) -> None:
        """Open, and without parents."""
        listed = stream.reader.shards()
        assert listed == [(shard_name(number), (), False) for number in range(SHARDS)]

    def test_an_empty_shard_holds_nothing(self, stream: Stream) -> None:
        """Reading it is legal, and ends."""
        assert [stream.read(shard.name) for shard in stream.reader.shards()] == [[], []]

    def test_records_are_read_as_they_were_appended(self, stream: Stream) -> None:
        """Position, key and every byte."""
        position = stream.log.append("key", EVERY_BYTE)
        assert stream.read(position.shard) == [LogRecord(position, "key", EVERY_BYTE)]

    def test_each_shard_gives_its_own_records_in_their_order(self, stream: Stream) -> None:
        """Together they are the log."""
        written = stream.fill(40)
        for shard in stream.reader.shards():
            assert stream.read(shard.name) == of_shard(shard.name, written) != []

    def test_reading_goes_on_behind_any_record(self, stream: Stream) -> None:
        """A position that was read is not read again, and none is skipped."""
        written = of_shard(shard_name(0), stream.fill(12))
        for place, record in enumerate(written):
            assert stream.read(shard_name(0), record.position.sequence_number) == written[place + 1 :]

    def test_what_comes_later_is_read_by_the_next_reading(self, stream: Stream) -> None:
        """A reading ends when it has caught up; the next goes on from there."""
        first = stream.log.append("key", b"1")
        assert [one.data for one in stream.read(first.shard)] == [b"1"]
        stream.log.append("key", b"2")
        assert [one.data for one in stream.read(first.shard, first.sequence_number)] == [b"2"]

    def test_a_number_that_the_shard_does_not_hold_stands_for_its_beginning(self, stream: Stream) -> None:
        """What was read last may have expired since."""
        position = stream.log.append("key", b"1")
        assert [one.data for one in stream.read(position.shard, 0)] == [b"1"]

    def test_batches_are_of_at_most_a_thousand(self, stream: Stream) -> None:
        """So that a long shard needs no more memory than a short one."""
        positions = [stream.log.append("key", b"%d" % number) for number in range(1_050)]
        batches = list(stream.reader.read_after(positions[0].shard, None))
        assert [one.position for one in chain.from_iterable(batches)] == positions
        assert [len(batch) for batch in batches] == [1_000, 50]

    def test_a_shard_that_is_not_there_is_an_error(self, stream: Stream) -> None:
        """Nothing to read and nothing there are not the same."""
        with pytest.raises(NotFoundError, match=shard_name(7)):
            stream.read(shard_name(7))


class ReshardingSuite(LogReaderSuite):
    """For a log whose shards can be split and merged; what the parents held stays there, as in AWS."""

    @abstractmethod
    def split(self, stream: Stream, shard: str) -> None:
        """Split a shard in two."""

    @abstractmethod
    def merge(self, stream: Stream, shard: str, neighbour: str) -> None:
        """Make one shard of two."""

    def test_a_split_shard_is_closed_and_its_children_name_it(self, stream: Stream) -> None:
        """They come after it."""
        self.split(stream, shard_name(0))
        assert [(shard_number(one.name), one.parents, one.closed) for one in stream.reader.shards()] == [
            (0, (), True),
            (1, (), False),
            (2, (shard_name(0),), False),
            (3, (shard_name(0),), False),
        ]

    def test_a_merged_shard_names_both_parents(self, stream: Stream) -> None:
        """Both are closed."""
        self.merge(stream, shard_name(0), shard_name(1))
        assert [(shard_number(one.name), one.parents, one.closed) for one in stream.reader.shards()] == [
            (0, (), True),
            (1, (), True),
            (2, (shard_name(0), shard_name(1)), False),
        ]

    def test_a_closed_shard_keeps_what_it_held_and_gets_no_more(self, stream: Stream) -> None:
        """What comes later is in the children: reading by number gives each key's records in order."""
        before = stream.fill(20)
        self.split(stream, shard_name(0))
        after = stream.fill(20)
        self.merge(stream, shard_name(2), shard_name(3))
        last = stream.fill(20)
        assert stream.read(shard_name(0)) == of_shard(shard_name(0), before)
        assert not of_shard(shard_name(0), after + last)
        held = [one for shard in stream.reader.shards() for one in stream.read(shard.name)]
        assert sorted(held) == sorted(before + after + last)
        for key in map(str, range(20)):
            assert [one.position for one in held if one.partition_key == key] == [
                one.position for one in before + after + last if one.partition_key == key
            ]

    def test_a_position_in_a_child_reaches_every_position_of_its_parent(self, stream: Stream) -> None:
        """That is how a user's watermark survives a reshard."""
        parents = [one.position for one in stream.fill(20)]
        self.merge(stream, shard_name(0), shard_name(1))
        child = stream.log.append("key", b"1")
        assert child.shard == shard_name(2)
        assert all(child.reaches(position) and not position.reaches(child) for position in parents)
