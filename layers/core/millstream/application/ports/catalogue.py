"""The catalogue of items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.catalogue.items import Item


class CatalogueChange(NamedTuple):
    """A published item, and when it was published (epoch ms of our clock)."""

    item: Item
    changed_at_ms: int


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

    def get(self, item_id: str) -> Item | None:
        """The item as last published."""

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """All items published at or after a time (epoch ms; 0: all)."""
