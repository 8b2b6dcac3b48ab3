"""The stream edge: a Kinesis batch in, the records to deliver again out."""

from __future__ import annotations

from typing import Any

from millstream.domain.log.positions import Position
from millstream.entrypoints.stream import arrivals, deliver_again_from, log_records

RECORD: dict[str, Any] = {
    "eventID": "shardId-000000000041:49664384950321012345678901234567890123456789012345678786",
    "kinesis": {
        "partitionKey": "key",
        "sequenceNumber": "49664384950321012345678901234567890123456789012345678786",
        "data": "AAEC/w==",
        "approximateArrivalTimestamp": 1795305599.999,
    },
}


def test_a_record_keeps_its_place_its_key_and_its_bytes() -> None:
    """The shard is in the event id; sequence numbers are larger than any machine's integer."""
    (record,) = log_records({"Records": [RECORD]})
    assert record == (
        Position("shardId-000000000041", 49664384950321012345678901234567890123456789012345678786),
        "key",
        b"\x00\x01\x02\xff",
    )


def test_a_records_day_is_the_utc_day_on_which_kinesis_took_it_in() -> None:
    """A millisecond before midnight."""
    (arrival,) = arrivals({"Records": [RECORD]})
    assert arrival.day == "2026-11-21"


def test_a_failure_is_named_by_its_sequence_number_as_text() -> None:
    """No failure is an empty list: Lambda takes anything else for a failure of the whole batch."""
    assert deliver_again_from(Position("shardId-000000000041", 7)) == {"batchItemFailures": [{"itemIdentifier": "7"}]}
    assert deliver_again_from(None) == {"batchItemFailures": []}
