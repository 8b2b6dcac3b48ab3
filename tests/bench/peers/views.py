"""The peers' fold: what a Millstream fold knows of an event, in the usual containers."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from millstream.domain.views.trend import HALF_LIFE_MS
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_TAGS
from tests.bench.trace import START_MS

WEIGHT_OF_KIND = {"ItemViewed": 1.0, "ItemAddedToCart": 2.0, "ItemPurchased": 4.0, "ItemRated": 1.0}


@dataclass(slots=True)
class UserView:
    """One user: the latest events, and the ids by which a repeated one is recognised."""

    recent: deque[tuple[str, str, int]] = field(default_factory=lambda: deque(maxlen=RECENT_EVENTS))
    event_ids: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Views:
    """All users, and the decayed weight of each item. It keeps no position and prunes no item: less than Millstream."""

    users: dict[str, UserView] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    def fold(self, user_id: str, event_id: str, kind: str, item_id: str, occurred_at_ms: int) -> None:
        """Take in one event once."""
        user = self.users.get(user_id)
        if user is None:
            user = self.users[user_id] = UserView()
        if event_id in user.event_ids:
            return
        user.event_ids[event_id] = None
        if len(user.event_ids) > REMEMBERED_TAGS:
            del user.event_ids[next(iter(user.event_ids))]
        user.recent.append((item_id, kind, occurred_at_ms))
        self.weights[item_id] = self.weights.get(item_id, 0.0) + weight_of(kind, occurred_at_ms)


def weight_of(kind: str, occurred_at_ms: int) -> float:
    """What an event adds to its item, with forward decay."""
    return WEIGHT_OF_KIND[kind] * math.exp2((occurred_at_ms - START_MS) / HALF_LIFE_MS)
