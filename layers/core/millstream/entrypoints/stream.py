"""Kinesis batches of Lambda, and the response that requests redelivery.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from millstream.application.collect.archive_events import Arrival
from millstream.application.ports import LogRecord
from millstream.domain.log.positions import Position

ALL_DONE: dict[str, Any] = {"batchItemFailures": []}


def log_records(event: Mapping[str, Any]) -> list[LogRecord]:
    """The records of a batch, in order."""
    return [_log_record(record) for record in event["Records"]]


def arrivals(event: Mapping[str, Any]) -> list[Arrival]:
    """The records of a batch, in order, each with the UTC day of its arrival in Kinesis."""
    return [Arrival(_log_record(record), _day(record["kinesis"])) for record in event["Records"]]


def deliver_again_from(position: Position | None) -> dict[str, Any]:
    """The response that makes Lambda redeliver this record and those after it; None if all succeeded."""
    if position is None:
        return ALL_DONE
    return {"batchItemFailures": [{"itemIdentifier": str(position.sequence_number)}]}


def _log_record(record: Mapping[str, Any]) -> LogRecord:
    kinesis = record["kinesis"]
    shard = record["eventID"].partition(":")[0]
    position = Position(shard, int(kinesis["sequenceNumber"]))
    return LogRecord(position, kinesis["partitionKey"], a2b_base64(kinesis["data"]))


def _day(kinesis: Mapping[str, Any]) -> str:
    return datetime.fromtimestamp(kinesis["approximateArrivalTimestamp"], UTC).date().isoformat()
