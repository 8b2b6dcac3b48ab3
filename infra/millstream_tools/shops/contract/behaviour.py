"""One thing that a customer did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BehaviourKind(StrEnum):
    """The kinds of events that shops send, spelled as `POST /events` takes them in `eventType`."""

    VIEWED = "ItemViewed"
    ADDED_TO_CART = "ItemAddedToCart"
    PURCHASED = "ItemPurchased"
    RATED = "ItemRated"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour event of one customer with one item.

    `event_id` depends on the event alone, so sending it twice is sending it once. `occurred_at` is in epoch seconds.
    `value` is money for a purchase, stars for a rating, else None. `recommendation_id` and `impression` (the slate's
    item ids from the top) say which shown slate led here.
    """

    user_id: str
    session_id: str
    event_id: str
    event_type: BehaviourKind
    item_id: str
    occurred_at: float
    value: float | None = None
    recommendation_id: str | None = None
    impression: tuple[str, ...] = ()
