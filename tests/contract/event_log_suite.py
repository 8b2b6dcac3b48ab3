"""What every EventLog must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import EventLog, LogRecord
from millstream.domain.log.positions import parse_position

EVERY_BYTE = bytes(range(256))


class EventLogSuite(ABC):
    """Give an empty log and what lies in it; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def log(self) -> EventLog:
        """An empty log."""

    @abstractmethod
    def stored(self, log: EventLog) -> list[LogRecord]:
        """Everything that lies in the log, each shard in its order."""

    def test_a_record_lies_where_the_log_says(self, log: EventLog) -> None:
        """With its key and its bytes as they were given."""
        position = log.append("key", EVERY_BYTE)
        assert self.stored(log) == [LogRecord(position, "key", EVERY_BYTE)]

    def test_records_of_one_key_keep_their_order(self, log: EventLog) -> None:
        """In one shard, at rising positions."""
        positions = [log.append("key", b"%d" % number) for number in range(5)]
        assert len({position.shard for position in positions}) == 1
        assert [record.data for record in self.stored(log)] == [b"%d" % number for number in range(5)]
        assert positions == sorted(positions)
        assert len(set(positions)) == 5

    def test_a_later_position_reaches_an_earlier_one(self, log: EventLog) -> None:
        """That is how read-your-writes is decided."""
        earlier, later = log.append("key", b"1"), log.append("key", b"2")
        assert later.reaches(earlier)
        assert not earlier.reaches(later)

    def test_records_of_different_keys_are_all_kept(self, log: EventLog) -> None:
        """Whichever shards they go to."""
        data = {b"%d" % number for number in range(20)}
        for one in data:
            log.append(one.hex(), one)
        assert {record.data for record in self.stored(log)} == data

    def test_a_position_survives_a_clients_hands(self, log: EventLog) -> None:
        """It goes out as text and comes back as min_position."""
        position = log.append("key", b"data")
        assert parse_position(str(position)) == position

    def test_many_records_lie_where_the_log_says(self, log: EventLog) -> None:
        """One position a record, in the order in which the records were given."""
        records = [(f"key-{number % 7}", b"%d" % number) for number in range(40)]
        positions = log.append_many(records)
        stored = {record.position: (record.partition_key, record.data) for record in self.stored(log)}
        assert [stored[position] for position in positions] == records
        assert len(stored) == len(records)

    def test_many_records_of_one_key_keep_their_order(self, log: EventLog) -> None:
        """Among records of other keys, and behind what was there before."""
        log.append("key", b"first")
        log.append_many([(key, b"%d" % number) for number in range(8) for key in ("key", f"other-{number}")])
        of_key = [record.data for record in self.stored(log) if record.partition_key == "key"]
        assert of_key == [b"first", *(b"%d" % number for number in range(8))]

    def test_more_records_than_one_call_takes_are_all_kept(self, log: EventLog) -> None:
        """Each once; 500 records are what a stream takes at a time."""
        records = [(f"key-{number}", b"%d" % number) for number in range(1_001)]
        assert len(log.append_many(records)) == len(records)
        assert sorted((r.partition_key, r.data) for r in self.stored(log)) == sorted(records)

    def test_no_records_are_stored_at_once(self, log: EventLog) -> None:
        """There is nothing to say about them."""
        assert log.append_many([]) == []
        assert self.stored(log) == []
