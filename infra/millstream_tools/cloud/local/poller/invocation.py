"""Invokes a function with a batch and reads from its answer which records are done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from millstream_tools.cloud.local.poller.lane import Batch
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.outcome import Failed, FailedFrom, NotInvoked, Outcome, Response, Succeeded


class LambdaClient(Protocol):
    """The one call of boto3's Lambda client that delivery needs."""

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3
        """Invoke a function and wait for its answer."""


def invoke(client: LambdaClient, mapping: EventSourceMapping, batch: Batch) -> Outcome:
    """Send the batch to the mapping's function and wait for its answer; never raises for what AWS may answer."""
    event = {"Records": [record.event for record in batch.records]}
    try:
        answer = client.invoke(
            FunctionName=mapping.function_arn, InvocationType="RequestResponse", Payload=json.dumps(event).encode()
        )
        payload = answer["Payload"].read()
    except (ClientError, BotoCoreError) as error:
        return NotInvoked(str(error))
    response = Response(answer["StatusCode"], answer.get("ExecutedVersion", "$LATEST"), answer.get("FunctionError"))
    if response.function_error:
        return Failed(payload.decode("utf-8", "replace"), response)
    if not mapping.reports_item_failures:
        return Succeeded(response)
    return _outcome_of_report(payload, batch, response)


def _outcome_of_report(payload: bytes, batch: Batch, response: Response) -> Outcome:
    """Read a StreamsEventResponse.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    try:
        report = json.loads(payload) if payload else None
    except ValueError:
        return Failed(f"the answer is not JSON: {payload[:200]!r}", response)
    failures = report.get("batchItemFailures") if isinstance(report, Mapping) else None
    if not failures:
        return Succeeded(response)
    positions = {_canonical(record.sequence_number): place for place, record in enumerate(batch.records)}
    places = []
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, Mapping) else None
        place = positions.get(_canonical(identifier)) if isinstance(identifier, str) else None
        if place is None:
            return Failed(f"itemIdentifier: expected a sequence number of this batch, got {identifier!r}", response)
        places.append(place)
    return FailedFrom(batch.records[min(places)].sequence_number, response)


def _canonical(sequence_number: str) -> str:
    """A sequence number as AWS writes it. MiniStack's begin with zeros, which a function that counts cannot know."""
    return sequence_number.lstrip("0")
