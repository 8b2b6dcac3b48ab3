"""A client's events enter the log."""

from __future__ import annotations

import pytest

from millstream.adapters.memory import FixedClock, MemoryEventLog
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.ports import UNHURRIED, Budget, EventLog
from millstream.domain.errors import InvalidInputError, UnavailableError
from millstream.domain.keys import pseudonym
from millstream.domain.log.positions import Position
from millstream.domain.log.records import decode
from tests.builders import NOW_MS, SECRET, SHARD, entry, submission


def accepting(log: EventLog) -> AcceptEvents:
    """The use case over this log."""
    return AcceptEvents(log, FixedClock(NOW_MS), SECRET)


def test_the_events_of_a_call_become_one_record() -> None:
    """In their order, stamped with our clock."""
    log = MemoryEventLog()
    receipt = accepting(log)(submission(entry(eventId="e1"), entry(eventId="e2", eventType="cart")))
    (stored,) = log.records
    record = decode(stored.data)
    assert [event.event_id for event in record.events] == ["e1", "e2"]
    assert record.recorded_at_ms == NOW_MS
    assert receipt.accepted == ("e1", "e2")
    assert receipt.position == Position(SHARD, 1)


def test_the_log_never_sees_the_user_id() -> None:
    """Only the pseudonym: as the subject, and as the partition key."""
    log = MemoryEventLog()
    accepting(log)(submission(entry(), user="ann.example@mail"))
    (stored,) = log.records
    assert b"ann.example" not in stored.data
    assert "ann.example" not in stored.partition_key
    assert decode(stored.data).subject == pseudonym("ann.example@mail", SECRET)
    assert bytes.fromhex(stored.partition_key) == pseudonym("ann.example@mail", SECRET)


def test_what_is_good_of_a_call_is_accepted() -> None:
    """And what is bad comes back with its place in the call."""
    log = MemoryEventLog()
    receipt = accepting(log)(submission(entry(itemId=""), entry(eventId="good"), "rubbish"))
    assert receipt.accepted == ("good",)
    assert [rejection.index for rejection in receipt.rejected] == [0, 2]


def test_a_call_without_a_good_event_leaves_no_record() -> None:
    """There is no position then."""
    log = MemoryEventLog()
    receipt = accepting(log)(submission(entry(itemId="")))
    assert (receipt.position, receipt.accepted, log.records) == (None, (), [])


def test_a_call_whose_record_the_log_cannot_hold_is_refused() -> None:
    """Twenty events, each with the longest impression list of the longest ids in the longest characters."""
    log = MemoryEventLog()
    longest = entry(impression=["💡" * 256] * 100)
    with pytest.raises(InvalidInputError, match="body: expected at most 1048576 bytes"):
        accepting(log)(submission(*[longest] * 20))
    assert not log.records


class UnavailableLog:
    """A log that takes nothing."""

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """See EventLog."""
        raise UnavailableError(f"no room for {len(data)} bytes of {partition_key}")


def test_nothing_is_acknowledged_that_is_not_stored() -> None:
    """The log's refusal reaches the client."""
    with pytest.raises(UnavailableError):
        accepting(UnavailableLog())(submission(entry()))
