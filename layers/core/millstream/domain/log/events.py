"""Events: facts in the past tense, immutable. `events/README.md` has an example of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from millstream.domain.attributes import NO_ATTRIBUTES
from millstream.domain.keys import NO_ITEM, EventTag, ItemKey, Pseudonym, event_tag, item_key
from millstream.domain.log.kinds import EventKind


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    `occurred_at_ms` is the client's clock and `value` the client's number (a price, a rating), both unchanged.
    `attributes` holds fields that only some kinds have (session, recommendation, impression, slate).
    """

    kind: EventKind
    event_id: str
    item_id: str | None
    occurred_at_ms: int
    value: float | None
    attributes: dict[str, Any]

    @property
    def item_key(self) -> ItemKey:
        """The item's key, or zeros if the event has no item."""
        return NO_ITEM if self.item_id is None else item_key(self.item_id)

    @property
    def tag(self) -> EventTag:
        """The tag of the event id, for duplicate detection."""
        return event_tag(self.event_id)


@dataclass(frozen=True, slots=True)
class EventRecord:
    """The content of one log record: events of one user (or about one item), in order of arrival.

    `attributes` are the codes of what was said of the user and the situation with them (domain/attributes.py).
    """

    subject: Pseudonym
    recorded_at_ms: int
    events: tuple[Event, ...]
    attributes: bytes = NO_ATTRIBUTES
