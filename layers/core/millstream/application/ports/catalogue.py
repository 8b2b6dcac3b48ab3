"""The catalogue of items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.application.ports.unreadable import OnUnreadable
from millstream.domain.catalogue.items import Item


class CatalogueChange(NamedTuple):
    """An item as last published or deleted; when that was, and when it was first published (epoch ms of our clock)."""

    item: Item
    changed_at_ms: int
    published_at_ms: int
    is_deleted: bool = False


class Catalogue(Protocol):
    """The catalogue of items."""

    def refuse_collisions(self, items: Sequence[Item], budget: Budget = UNHURRIED) -> None:
        """Raise KeyCollisionError if an item's key belongs to another item id, published or among these.

        Raises UnavailableError if the budget ends first.
        """

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """Insert or replace items. Raises KeyCollisionError before anything is written.

        Raises UnavailableError if the budget ends first; some of the items may then be published.
        """

    def replace(self, seen: CatalogueChange, change: CatalogueChange, budget: Budget = UNHURRIED) -> None:
        """Replace one item as it was seen, or delete it. The new time must be later than the seen one.

        Raises ConflictError if it changed since, UnavailableError.
        """

    def find(self, item_id: str) -> CatalogueChange | None:
        """The item with its times; None if it was never published or is deleted. Raises InvalidRecordError."""

    def get(self, item_id: str) -> Item | None:
        """The item as last published; None if it was never published or is deleted. Raises InvalidRecordError."""

    def page(self, n: int, after: str | None = None, on_unreadable: OnUnreadable = ...) -> Sequence[Item]:
        """The next `n` items after one, in an order of the store's own; fewer only at the end."""

    def changed_since(self, changed_at_ms: int, on_unreadable: OnUnreadable = ...) -> Iterable[CatalogueChange]:
        """All items published or deleted at or after a time (epoch ms; 0: all)."""
