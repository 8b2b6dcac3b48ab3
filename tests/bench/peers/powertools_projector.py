"""The idiomatic projector: Powertools, pydantic and boto3 resources; one read and two writes an event."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_TAGS
from tests.bench.peers.powertools_fold import Behaviour
from tests.bench.peers.views import weight_of


@dataclass(frozen=True)
class TablePerEvent:
    """Folds into two tables: a user's events as a list of maps, an item's weight as a number."""

    users: Any
    items: Any

    def fold(self, seen: Behaviour) -> None:
        """Take in one event once."""
        found = self.users.get_item(Key={"user_id": seen.user_id}, ConsistentRead=True).get("Item", {})
        event_ids, recent = found.get("event_ids", []), found.get("recent", [])
        if seen.event_id in event_ids:
            return
        event = {"item_id": seen.item_id, "kind": seen.kind, "at_ms": seen.occurred_at_ms}
        self.users.put_item(
            Item={
                "user_id": seen.user_id,
                "event_ids": [*event_ids, seen.event_id][-REMEMBERED_TAGS:],
                "recent": [*recent, event][-RECENT_EVENTS:],
            }
        )
        self.items.update_item(
            Key={"item_id": seen.item_id},
            UpdateExpression="ADD weight :more",
            ExpressionAttributeValues={":more": Decimal(str(weight_of(seen.kind, seen.occurred_at_ms)))},
        )
