"""Notes which permissions a function needs, by watching the AWS calls that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError

REGION = "eu-west-1"
STREAM = "EventsStream"

Permission = tuple[str, str]
"""Action, logical id of the resource."""

ACTIONS_OF_CALLS = {"s3:ListObjectsV2": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}
"""Where IAM has another word than the API."""

PARTS_OF_A_TRANSACTION = {"Put": "PutItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass
class RecordedCalls:
    """Which permissions each function used; `physical` is the name or URL of each logical id."""

    physical: dict[str, str]
    used: dict[str, set[Permission]] = field(default_factory=dict)

    def during(self, name: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Make a call and note what it needs as the needs of function `name`."""
        needs = self.used.setdefault(name, set())
        logical = {physical: logical_id for logical_id, physical in self.physical.items()}
        send = getattr(BaseClient, "_make_api_call")  # noqa: B009 - untyped, and the one place that every call passes

        def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            needs.update((action, logical[about]) for action, about in _needs(service, operation, parameters))
            if operation == "BatchExecuteStatement":
                return {"Responses": [_executed(send, client, one) for one in parameters["Statements"]]}
            if operation == "Scan" and "ExpressionAttributeValues" in parameters:
                # moto finds no bytes by their beginning.
                answer = send(client, operation, {"TableName": parameters["TableName"]})
                beginning = parameters["ExpressionAttributeValues"][":view"]["B"]
                return {"Items": [item for item in answer["Items"] if item["u"]["B"].startswith(beginning)]}
            try:
                return send(client, operation, parameters)
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    needs.add(("s3:ListBucket", logical[parameters["Bucket"]]))  # or S3 says "denied" instead
                raise

        with mock.patch.object(BaseClient, "_make_api_call", noted):
            return call()


def _needs(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(action, physical name) of a call."""
    if operation == "BatchExecuteStatement":
        for statement in parameters["Statements"]:
            verb, table = _verb_and_table(statement["Statement"])
            yield f"dynamodb:PartiQL{verb.title()}", table
        return
    if operation == "TransactWriteItems":
        # Allowed by what it consists of: there is no permission of the transaction itself.
        for part in parameters["TransactItems"]:
            for kind, about in part.items():
                yield f"dynamodb:{PARTS_OF_A_TRANSACTION[kind]}", about["TableName"]
        return
    action = ACTIONS_OF_CALLS.get(f"{service}:{operation}", f"{service}:{operation}")
    if operation == "GetRecords":
        yield action, STREAM  # a call that names no stream, but a place in the only one
    for about in parameters.get("RequestItems", ()):
        yield action, about
    for key in ("TableName", "StreamName", "Bucket", "QueueUrl", "SecretId"):
        if key in parameters:
            yield action, parameters[key]


def _executed(send: Any, client: Any, statement: dict[str, Any]) -> dict[str, Any]:
    """What DynamoDB answers to one of many statements."""
    row = _row_of(statement)
    if _verb_and_table(statement["Statement"])[0] == "INSERT":
        row["ConditionExpression"] = "attribute_not_exists(u)"
    try:
        send(client, "PutItem", row)
    except client.exceptions.ConditionalCheckFailedException:
        return {"Error": {"Code": "DuplicateItem"}}
    return {}


def _verb_and_table(statement: str) -> tuple[str, str]:
    found = re.match(r'(INSERT|UPDATE)\b[^"]*"([^"]+)"', statement)
    assert found, f"expected INSERT or UPDATE of one table, got {statement}"
    return found[1], found[2]


def _row_of(statement: dict[str, Any]) -> dict[str, Any]:
    """What a statement writes when its condition holds; moto's PartiQL takes no parameters in a list of statements."""
    names = re.findall(r"(\w+)'?\s*[:=]\s*\?", statement["Statement"])
    last_wins_so_reversed = reversed(list(zip(names, statement["Parameters"], strict=True)))
    return {"TableName": _verb_and_table(statement["Statement"])[1], "Item": dict(last_wins_so_reversed)}
