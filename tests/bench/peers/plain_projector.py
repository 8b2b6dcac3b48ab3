"""The strong projector: a boto3 client, one read and one write a user and batch, no validation.

It stores a user's events as DynamoDB stores lists of maps, through boto3's own TypeSerializer, and the weights of all
items as one JSON text. Its writes have no condition: it is not safe against a second delivery, which costs it nothing.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from millstream.domain.views.user_state import RECENT_EVENTS
from tests.bench.peers.views import UserView, Views

KEYS_A_READ = 100
ITEMS_A_WRITE = 25
WEIGHTS = "weights"

_serialized = TypeSerializer().serialize
_deserialized = TypeDeserializer().deserialize


@dataclass(frozen=True)
class PlainProjector:
    """Folds a batch into one table."""

    client: Any
    table: str

    def __call__(self, event: dict[str, Any]) -> None:
        """Read the rows of the batch, fold, write them."""
        batch = [orjson.loads(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]
        user_ids = list({behaviour["user_id"] for behaviour in batch})
        views = Views(self._users(user_ids), self._weights())
        for seen in batch:
            views.fold(seen["user_id"], seen["event_id"], seen["kind"], seen["item_id"], seen["occurred_at_ms"])
        self._write([user_item(user_id, views.users[user_id]) for user_id in user_ids])
        text = {"S": json.dumps(views.weights)}
        self.client.put_item(TableName=self.table, Item={"user_id": {"S": WEIGHTS}, "weights": text})

    def _users(self, user_ids: Sequence[str]) -> dict[str, UserView]:
        users: dict[str, UserView] = {}
        for start in range(0, len(user_ids), KEYS_A_READ):
            keys = [{"user_id": {"S": user_id}} for user_id in user_ids[start : start + KEYS_A_READ]]
            answer = self.client.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
            users.update((item["user_id"]["S"], user_view(item)) for item in answer["Responses"][self.table])
        return users

    def _weights(self) -> dict[str, float]:
        key = {"user_id": {"S": WEIGHTS}}
        found = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        weights: dict[str, float] = json.loads(found["weights"]["S"]) if found else {}
        return weights

    def _write(self, items: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(items), ITEMS_A_WRITE):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + ITEMS_A_WRITE]]
            self.client.batch_write_item(RequestItems={self.table: puts})


def user_item(user_id: str, view: UserView) -> dict[str, Any]:
    """A user's row as the low-level API spells it."""
    recent = [{"item_id": item_id, "kind": kind, "at_ms": at_ms} for item_id, kind, at_ms in view.recent]
    content = {"user_id": user_id, "event_ids": list(view.event_ids), "recent": recent}
    return {name: _serialized(value) for name, value in content.items()}


def user_view(item: dict[str, Any]) -> UserView:
    """The user in a row."""
    recent = _deserialized(item["recent"])
    event_ids: Collection[str] = _deserialized(item["event_ids"])
    events = ((event["item_id"], event["kind"], int(event["at_ms"])) for event in recent)
    return UserView(deque(events, RECENT_EVENTS), dict.fromkeys(event_ids))
