"""Records as Lambda hands them over, ours and the peers'.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-example.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

from millstream.domain.keys import pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import encode
from tests.bench.trace import Step

SHARD = "shardId-000000000006"
SECRET = b"a secret for benchmarks"
_FIRST_SEQUENCE_NUMBER = 49590338271490256608559692538361571095921575989136588898
_STREAM_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/events"


def lambda_event(records: Iterable[tuple[str, bytes]], first: int = 0) -> dict[str, Any]:
    """An invocation with these (partition key, data) records; `first` is the place of the first one in the log."""
    return {"Records": [_record(key, data, number) for number, (key, data) in enumerate(records, first)]}


def packed(call: Sequence[Step]) -> tuple[str, bytes]:
    """One call of one user as POST /events puts it into the log."""
    subject = pseudonym(call[0].user, SECRET)
    events = tuple(Event(step.kind, step.event_id, step.item, step.at_ms, None, _attributes(step)) for step in call)
    return subject.hex(), encode(EventRecord(subject, call[-1].at_ms, events))


def as_json(step: Step) -> tuple[str, bytes]:
    """One event as a producer without Millstream puts it: one JSON object a record."""
    fields = {
        "user_id": step.user,
        "session_id": step.session,
        "event_id": step.event_id,
        "kind": step.kind.name,
        "item_id": step.item,
        "occurred_at_ms": step.at_ms,
    }
    return step.user, json.dumps(fields, separators=(",", ":")).encode()


def _attributes(step: Step) -> dict[str, Any]:
    bought = {"quantity": 1} if step.kind is EventKind.ItemPurchased else {}
    return {"sessionId": step.session, **bought}


def _record(partition_key: str, data: bytes, number: int) -> dict[str, Any]:
    sequence_number = str(_FIRST_SEQUENCE_NUMBER + number * 10**21)
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": 1_795_305_600.5,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/project-events",
        "awsRegion": "eu-central-1",
        "eventSourceARN": _STREAM_ARN,
    }
