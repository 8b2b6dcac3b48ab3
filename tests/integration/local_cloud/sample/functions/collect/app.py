"""Counts in a table how often it is done with each text; some texts make it fail."""

import base64
import os
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Raise at "poison"; report "once" as failed when it is seen for the first time."""
    table = boto3.resource("dynamodb").Table(os.environ["SEEN_TABLE"])
    print("records", len(event["Records"]))
    texts = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
    if "poison" in texts:
        raise ValueError("poison")
    for text, record in zip(texts, event["Records"], strict=True):
        if text == "once" and _count(table, "tries of once") == 1:
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
        _count(table, text)
    return {"batchItemFailures": []}


def _count(table: Any, text: str) -> int:
    answer = table.update_item(
        Key={"text": text},
        UpdateExpression="ADD times :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["times"])
