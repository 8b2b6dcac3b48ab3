"""What happened. Past tense, frozen; `events/README.md` shows each with an example."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from millstream.domain.keys import NO_ITEM, EventTag, ItemKey, Pseudonym, event_tag, item_key


class EventKind(IntEnum):
    """The number of an event type in the log: never reused, never renumbered."""

    ItemViewed = 1
    ItemAddedToCart = 2
    ItemPurchased = 3
    ItemRated = 4
    SatisfactionReported = 5
    SlateServed = 6
    ItemPublished = 7
    ItemRetired = 8
    UserErased = 9
    RecordVoided = 10


BEHAVIOUR = frozenset({EventKind.ItemViewed, EventKind.ItemAddedToCart, EventKind.ItemPurchased, EventKind.ItemRated})
"""What a user did with an item: these events change the user's row and the trend."""

FROM_CLIENTS = BEHAVIOUR | {EventKind.SatisfactionReported}
"""What a client may send; the rest is written by Millstream itself."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `occurred_at_ms` is the client's clock and `value` the client's number (a price, a rating), both as they came;
    `attributes` holds what only some kinds have (session, recommendation, impression, slate).
    """

    kind: EventKind
    event_id: str
    item_id: str | None
    occurred_at_ms: int
    value: float | None
    attributes: dict[str, Any]

    @property
    def item_key(self) -> ItemKey:
        """The item's key, or zeros where the event is about no item."""
        return NO_ITEM if self.item_id is None else item_key(self.item_id)

    @property
    def tag(self) -> EventTag:
        """What the dedupe ring remembers of the event id."""
        return event_tag(self.event_id)


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What one record of the log holds: events of one user (or about one item), in the order in which they came."""

    subject: Pseudonym
    recorded_at_ms: int
    events: tuple[Event, ...]
