"""A client's events enter the log."""

from __future__ import annotations

import pytest

from millstream.adapters.memory import FixedClock, MemoryEventLog
from millstream.application.collect.accept_events import AcceptEvents, Receipt
from millstream.application.collect.taken_events import TakenEvents
from millstream.application.ports import UNHURRIED, Budget, EventLog
from millstream.domain.attributes import codes_of
from millstream.domain.declaration import parse_declaration
from millstream.domain.errors import InvalidInputError, UnavailableError
from millstream.domain.keys import pseudonym
from millstream.domain.log.kinds import EventKind
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


class UnavailableLog(MemoryEventLog):
    """A log that takes nothing, until it does."""

    def __init__(self, *, takes: bool = False) -> None:
        super().__init__()
        self.takes = takes

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """See EventLog."""
        if self.takes:
            return super().append(partition_key, data, budget)
        raise UnavailableError(f"no room for {len(data)} bytes of {partition_key}")


def test_nothing_is_acknowledged_that_is_not_stored() -> None:
    """The log's refusal reaches the client."""
    with pytest.raises(UnavailableError):
        accepting(UnavailableLog())(submission(entry()))


def test_an_id_of_an_earlier_call_names_no_other_event() -> None:
    """It is rejected as within one call, with its place; the other events of the call are accepted."""
    log = MemoryEventLog()
    accept = accepting(log)
    accept(submission(entry(eventId="e-1", itemId="lamp")))
    receipt = accept(submission(entry(itemId=""), entry(eventId="e-1", itemId="desk"), entry(eventId="e-2")))
    assert receipt.accepted == ("e-2",)
    assert [(one.index, one.error.field) for one in receipt.rejected] == [
        (0, "eventList[0].itemId"),
        (1, "eventList[1].eventId"),
    ]
    assert (receipt.rejected[1].event_id, receipt.rejected[1].error.expected) == ("e-1", "another id for another event")
    stored = [event.item_id for one in log.records for event in decode(one.data).events]
    assert stored == ["lamp", entry()["itemId"]]


CHANGES: list[dict[str, object]] = [
    {"eventType": "ItemAddedToCart"},
    {"itemId": "another"},
    {"sentAt": 1},
    {"eventValue": 3},
    {"recommendationId": "r-1"},
    {"properties": {"colour": "red"}},
    {"impression": ["lamp"]},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_each_field_of_an_event_is_its_content(change: dict[str, object]) -> None:
    """One that differs makes another event of it."""
    accept = accepting(MemoryEventLog())
    accept(submission(entry(eventId="e-1")))
    assert accept(submission(entry(eventId="e-1") | change)).accepted == ()


def test_a_repeated_call_is_accepted_at_any_time_and_in_any_session() -> None:
    """An event without a time gets ours, which is another one when it is repeated; a session belongs to the call."""
    log, clock = MemoryEventLog(), FixedClock(NOW_MS)
    accept = AcceptEvents(log, clock, SECRET)
    timed, untimed = entry(eventId="timed", sentAt=5), entry(eventId="untimed", sentAt=None)
    assert accept(submission(timed, untimed, session="before")).accepted == ("timed", "untimed")
    clock.time_ms += 60_000
    receipt = accept(submission(timed, untimed, session="after"))
    assert (receipt.accepted, receipt.rejected) == (("timed", "untimed"), ())


def test_the_same_id_of_another_user_is_another_id() -> None:
    """Ids of events belong to a user."""
    accept = accepting(MemoryEventLog())
    accept(submission(entry(eventId="e-1", itemId="lamp"), user="ann"))
    assert accept(submission(entry(eventId="e-1", itemId="desk"), user="bob")).accepted == ("e-1",)


def test_what_the_log_did_not_take_may_be_sent_again_with_any_content() -> None:
    """The client cannot know that it must not."""
    log = UnavailableLog()
    accept = accepting(log)
    with pytest.raises(UnavailableError):
        accept(submission(entry(eventId="e-1", itemId="lamp")))
    log.takes = True
    assert accept(submission(entry(eventId="e-1", itemId="desk"))).accepted == ("e-1",)
    assert accept(submission(entry(eventId="e-1", itemId="lamp"))).accepted == ()


def test_the_oldest_ids_are_forgotten() -> None:
    """So that the memory is bounded; the newest ones are known."""
    accept = AcceptEvents(MemoryEventLog(), FixedClock(NOW_MS), SECRET, TakenEvents(2))
    for event_id in ("e-1", "e-2", "e-3"):
        accept(submission(entry(eventId=event_id, itemId="lamp")))
    answers = {
        event_id: accept(submission(entry(eventId=event_id, itemId="desk"))).accepted
        for event_id in ("e-3", "e-2", "e-1")
    }
    assert answers == {"e-3": (), "e-2": (), "e-1": ("e-1",)}


DECLARED = parse_declaration('{"device": {"number": 2, "values": {"desktop": 1, "mobile": 2}}}')


def with_attributes(said: object, *entries: dict[str, object]) -> tuple[Receipt, MemoryEventLog]:
    """A call that says these attributes."""
    log = MemoryEventLog()
    accept = AcceptEvents(log, FixedClock(NOW_MS), SECRET, declared=DECLARED)
    return accept({**submission(*entries), "attributes": said}), log


def test_what_a_call_says_of_the_user_is_stored_by_its_codes() -> None:
    """With all events of the call, and without its words."""
    _, log = with_attributes({"device": "mobile"}, entry(eventId="e1"), entry(eventId="e2"))
    (stored,) = log.records
    assert codes_of(decode(stored.data).attributes) == (0, 2, 0, 0, 0, 0, 0, 0)
    assert b"mobile" not in stored.data


def test_a_description_needs_no_item_but_an_attribute() -> None:
    """Two different ones at one time are two; with an item it would be another event."""
    described = {"eventType": "describe", "sentAt": NOW_MS / 1000}
    first, log = with_attributes({"device": "mobile"}, described)
    second, _ = with_attributes({"device": "desktop"}, described)
    assert decode(log.records[0].data).events[0].kind is EventKind.UserDescribed
    assert first.accepted != second.accepted
    for said, one in (({}, described), (None, described), ({"device": "mobile"}, {**described, "itemId": "lamp"})):
        receipt, log = with_attributes(said, one)
        assert (len(receipt.rejected), log.records) == (1, [])


def test_a_call_that_says_what_is_not_declared_is_refused_whole() -> None:
    """Otherwise its attributes would be lost without a word."""
    with pytest.raises(InvalidInputError, match="devise"):
        with_attributes({"devise": "mobile"}, entry())
    with pytest.raises(InvalidInputError, match="none declared"):
        accepting(MemoryEventLog())({**submission(entry()), "attributes": {"device": "mobile"}})
