"""Publish items to the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millstream.application.ports import UNHURRIED, Budget, Catalogue, Clock, EventLog
from millstream.domain.catalogue.items import Item
from millstream.domain.catalogue.publications import parse_publication
from millstream.domain.keys import PSEUDONYM_BYTES
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import encode

ABOUT_ITEMS = bytes(PSEUDONYM_BYTES)
"""The subject of records without a user."""


@dataclass(frozen=True, slots=True)
class Published:
    """The published items, and the position of their record in the log."""

    item_ids: tuple[str, ...]
    position: Position


@dataclass(frozen=True)
class PublishItems:
    """Validate a call, append its items to the log, then update the catalogue, which is derived from the log."""

    log: EventLog
    catalogue: Catalogue
    clock: Clock

    def __call__(self, body: object, budget: Budget = UNHURRIED) -> Published:
        """Published items are stored in the log and in the catalogue.

        Raises InvalidInputError and KeyCollisionError if nothing was written, UnavailableError if all, some or none of
        the items may be written: publish them again, which gives the same result as publishing once.
        """
        now_ms = self.clock.now_ms()
        items = parse_publication(body)
        self.catalogue.refuse_collisions(items, budget)
        position = append_items(self.log, items, now_ms, budget)
        self.catalogue.publish(items, now_ms, budget)
        return Published(tuple(item.item_id for item in items), position)


def append_items(
    log: EventLog, items: Sequence[Item], now_ms: int, budget: Budget, *, is_deleted: bool = False
) -> Position:
    """Append the items, as they are now, as one record. Raises InvalidInputError if it is too large."""
    record = EventRecord(ABOUT_ITEMS, now_ms, tuple(_event(item, now_ms, is_deleted) for item in items))
    return log.append(ABOUT_ITEMS.hex(), encode(record), budget)


def _event(item: Item, now_ms: int, is_deleted: bool) -> Event:
    kind = EventKind.ItemPublished if item.available else EventKind.ItemRetired
    described = {
        "name": item.name,
        "category": item.category,
        "price": item.price,
        "description": item.description,
        "attributes": item.attributes,
        "deleted": is_deleted or None,
    }
    attributes = {name: value for name, value in described.items() if value is not None}
    return Event(kind, f"{item.item_id}@{now_ms}", item.item_id, now_ms, item.price, attributes)
