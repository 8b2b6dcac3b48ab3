"""One Kinesis record, already in the shape in which Lambda hands it to a function."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millstream_tools.cloud.local.poller.mapping import EventSourceMapping


@dataclass(frozen=True, slots=True)
class Record:
    """A record with what the poller needs beside the event: order, age (epoch seconds) and size in bytes of JSON."""

    sequence_number: str
    partition_key: str
    arrived_at: float
    event: Mapping[str, Any]
    size: int


def record_from_stream(raw: Mapping[str, Any], shard_id: str, mapping: EventSourceMapping) -> Record:
    """Wrap one record of GetRecords as AWS does.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html (the example event)
    """
    arrived_at = raw["ApproximateArrivalTimestamp"].timestamp()
    event = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": raw["PartitionKey"],
            "sequenceNumber": raw["SequenceNumber"],
            "data": base64.b64encode(raw["Data"]).decode("ascii"),
            "approximateArrivalTimestamp": arrived_at,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{raw['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": mapping.role_arn,
        "awsRegion": mapping.region,
        "eventSourceARN": mapping.stream_arn,
    }
    return Record(raw["SequenceNumber"], raw["PartitionKey"], arrived_at, event, len(json.dumps(event)))
