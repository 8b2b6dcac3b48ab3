"""What is written can be read again, whatever it is; what is not ours is refused in our words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.memory import FixedClock, MemoryEventLog
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidInputError, InvalidRecordError
from millstream.domain.log.events import EventRecord
from millstream.domain.log.positions import Position, parse_position
from millstream.domain.log.records import decode, decode_cores, encode, trimmed
from millstream.domain.views import trend_row, user_row
from tests.builders import NOW_MS, SECRET, cores, folded
from tests.strategies import json_values, logs, objects_with, positions, readable, records


@given(records)
def test_a_record_comes_back_as_it_was_written(record: EventRecord) -> None:
    """decode(encode(r)) is r, and encoding it again gives the same bytes."""
    data = encode(record)
    assert decode(data) == record
    assert encode(decode(data)) == data


@given(records)
def test_a_fold_sees_of_a_record_what_the_record_says(record: EventRecord) -> None:
    """The cores, which are decoded without the strings, agree with the whole, but for times that cannot be."""
    seen = decode_cores(encode(record))
    assert (seen.subject, seen.recorded_at_ms) == (record.subject, record.recorded_at_ms)
    possible = [replace(one, occurred_at_ms=min(one.occurred_at_ms, record.recorded_at_ms)) for one in record.events]
    assert repr(seen.cores) == repr(cores(*possible))


@given(records)
def test_a_fold_sees_no_difference_in_a_trimmed_record(record: EventRecord) -> None:
    """decode_cores(trimmed(data)) is decode_cores(data), and trimming again changes nothing."""
    data = encode(record)
    short = trimmed(data)
    assert repr(decode_cores(short)) == repr(decode_cores(data))
    assert trimmed(short) == short
    assert len(short) <= len(data)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_refused_as_such(data: bytes) -> None:
    """Nothing but InvalidRecordError leaves the decoder."""
    try:
        decoded = decode(data)
    except InvalidRecordError:
        return
    assert decode(encode(decoded)) == decoded


@given(readable, st.integers(0, 400))
def test_a_record_cut_short_is_refused(data: bytes, kept: int) -> None:
    """A tail that lost its end is no JSON, a header that lost its end is no header."""
    if kept < len(data):
        with pytest.raises(InvalidRecordError):
            decode(data[:kept])


@given(logs(of=readable))
def test_a_row_comes_back_as_it_was_packed(log: list[LogRecord]) -> None:
    """pack(unpack(row)) is the row, for users and trends."""
    users, trend = folded(log)
    for state in users.values():
        row = user_row.pack(state)
        assert user_row.pack(user_row.unpack(row)) == row
    assert trend_row.pack(trend_row.unpack(trend_row.pack(trend))) == trend_row.pack(trend)


@given(st.binary(max_size=300).map(lambda data: b"\x01" + data))
def test_bytes_that_are_no_row_are_refused_as_such(data: bytes) -> None:
    """Nothing but InvalidRecordError leaves the unpackers; what they take, they can write again."""
    for row in (user_row, trend_row):
        try:
            unpacked = row.unpack(data)
        except InvalidRecordError:
            continue
        assert len(row.pack(unpacked)) == len(data)


@given(positions)
def test_a_position_comes_back_as_it_was_written(position: Position) -> None:
    """parse_position(str(p)) is p."""
    assert parse_position(str(position)) == position


@given(st.text() | st.from_regex(r"(shardId-|history)\w{0,14}:\w{0,60}", fullmatch=True))
def test_what_is_read_as_a_position_is_written_like_it(text: str) -> None:
    """Anything that is taken for a position names it, but for leading zeros; the rest is refused in our words."""
    try:
        position = parse_position(text)
    except InvalidInputError:
        return
    shard, _, number = text.rpartition(":")
    assert str(position) == f"{shard}:{int(number)}"


entries = objects_with(
    "eventType", "itemId", "eventId", "eventValue", "sentAt", "recommendationId", "impression", "quantity"
)


@given(objects_with("userId", "sessionId") | json_values, st.lists(entries | json_values, max_size=22))
def test_every_accepted_event_lies_in_the_log_as_it_was_received(body: object, event_list: list[object]) -> None:
    """What was accepted encodes, survives UTF-8, and is found again under the ids of the receipt."""
    log = MemoryEventLog()
    if isinstance(body, dict):
        body = {"userId": "ann", **body, "eventList": event_list}
    try:
        receipt = AcceptEvents(log, FixedClock(NOW_MS), SECRET)(json.loads(json.dumps(body)))
    except InvalidInputError:
        assert not log.records
        return
    stored = [event.event_id for record in log.records for event in decode(record.data).events]
    assert stored == list(receipt.accepted)
    assert len(receipt.accepted) + len(receipt.rejected) == len(event_list)
