"""Dead letters as queue messages: our own, and those that Lambda writes when it gives up on a batch."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from millstream.application.ports import BatchLetter, DeadLetter, UnknownLetter
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import parse_position

LONGEST_DATA = 150_000
"""Bytes of a record that are sent with its letter: a message holds 256 KiB; the rest is found by position."""


def message_of(letter: DeadLetter) -> str:
    """The message of a letter, with only the beginning of a long record."""
    data = letter.data[:LONGEST_DATA]
    body: dict[str, Any] = {
        "reason": letter.reason,
        "position": letter.identity,
        "bytes": len(letter.data) + letter.missing_bytes,
        "data": base64.b64encode(data).decode(),
    }
    if letter.partition_key is not None:
        body["partitionKey"] = letter.partition_key
    return json.dumps(body, sort_keys=True)


def letter_of(message_id: str, text: str) -> DeadLetter | BatchLetter | UnknownLetter:
    """The letter in a message. An unknown message becomes a letter too, for a person to inspect."""
    try:
        body = json.loads(text)
        return _batch_letter(body) if "KinesisBatchInfo" in body else _dead_letter(body)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, binascii.Error, InvalidInputError):
        return UnknownLetter(message_id, text)


def _dead_letter(body: dict[str, Any]) -> DeadLetter:
    data = base64.b64decode(body["data"], validate=True)
    key = body.get("partitionKey")
    position = parse_position(body["position"])
    return DeadLetter(position, str(body["reason"]), data, None if key is None else str(key), body["bytes"] - len(data))


def _batch_letter(body: dict[str, Any]) -> BatchLetter:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html."""
    batch, context = body["KinesisBatchInfo"], body["requestContext"]
    first, last = (
        parse_position(f"{batch['shardId']}:{batch[name]}") for name in ("startSequenceNumber", "endSequenceNumber")
    )
    return BatchLetter(
        function=context["functionArn"].split(":")[6],
        first=first,
        last=last,
        records=int(batch["batchSize"]),
        reason=str(context["condition"]),
        arrived_on=batch["approximateArrivalOfFirstRecord"][: len("YYYY-MM-DD")],
    )
