"""The message that AWS sends to a mapping's on-failure queue when it gives up a batch."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any, Protocol

from millstream_tools.cloud.local.poller.lane import Discard
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping


class QueueClient(Protocol):
    """The two calls of boto3's SQS client that the destination needs."""

    def get_queue_url(self, *, QueueName: str, QueueOwnerAWSAccountId: str) -> dict[str, Any]:  # noqa: N803 - boto3
        """Find a queue's URL by its name."""

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> object:  # noqa: N803 - boto3's names
        """Send one message."""


def failure_message(mapping: EventSourceMapping, shard_id: str, discard: Discard, now: float) -> dict[str, Any]:
    """Build AWS's invocation record: where the given-up records lie, not the records themselves.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    batch = discard.batch
    first, last = batch.records[0], batch.records[-1]
    message: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": mapping.function_arn,
            "condition": discard.condition,
            "approximateInvokeCount": batch.invocations,
        },
        "version": "1.0",
        "timestamp": _iso(now),
        "KinesisBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": _iso(first.arrived_at),
            "approximateArrivalOfLastRecord": _iso(last.arrived_at),
            "batchSize": len(batch.records),
            "streamArn": mapping.stream_arn,
        },
    }
    if batch.response is not None:
        message["responseContext"] = {
            "statusCode": batch.response.status_code,
            "executedVersion": batch.response.executed_version,
            "functionError": batch.response.function_error,
        }
    return message


def send_failure(client: QueueClient, mapping: EventSourceMapping, message: dict[str, Any]) -> None:
    """Send the message to the mapping's queue; does nothing when the mapping names none."""
    if not mapping.on_failure_arn:
        return
    account, name = mapping.on_failure_arn.split(":")[4:6]
    url = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody=json.dumps(message))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
