"""DynamoDB's side of the wire: rows that are always found as they were before the batch; writes are only taken."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.bench.network import Answers

WireItem = dict[str, Any]


def answers(rows: Mapping[str, WireItem]) -> Answers:
    """What DynamoDB says when a table holds `rows`, each under the one value of its key that the caller knows."""
    return {
        "GetItem": lambda asked: _found(rows.get(_key(asked["Key"]))),
        "BatchGetItem": lambda asked: {
            "Responses": {
                table: [rows[key] for key in map(_key, wanted["Keys"]) if key in rows]
                for table, wanted in asked["RequestItems"].items()
            },
            "UnprocessedKeys": {},
        },
        "BatchExecuteStatement": lambda asked: {"Responses": [{"TableName": "users"} for _ in asked["Statements"]]},
        "BatchWriteItem": lambda _: {"UnprocessedItems": {}},
        "PutItem": lambda _: {},
        "UpdateItem": lambda _: {},
    }


def on_the_wire(value: Mapping[str, Any]) -> WireItem:
    """An item of the low-level API with its bytes in base64."""
    return {name: _wire_value(typed) for name, typed in value.items()}


def _wire_value(typed: Mapping[str, Any]) -> Any:
    ((kind, content),) = typed.items()
    return {kind: base64.b64encode(bytes(content)).decode()} if kind == "B" else dict(typed)


def _found(row: WireItem | None) -> dict[str, Any]:
    return {} if row is None else {"Item": row}


def _key(key: Mapping[str, Mapping[str, str]]) -> str:
    return " ".join(content for typed in key.values() for content in typed.values())
