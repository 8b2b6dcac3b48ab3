"""The items that can be recommended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.catalogue.items import Item


class CatalogueChange(NamedTuple):
    """An item as published, and when (epoch ms of our clock)."""

    item: Item
    changed_at_ms: int


class Catalogue(Protocol):
    """The items that can be recommended."""

    def refuse_collisions(self, items: Sequence[Item], budget: Budget = UNHURRIED) -> None:
        """Raises KeyCollisionError if an item's key belongs to another item id, published or among these.

        Raises UnavailableError when the budget ends first.
        """

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """Insert or replace items. Raises KeyCollisionError before anything is written.

        Raises UnavailableError when the budget ends first; some of the items may be published then.
        """

    def get(self, item_id: str) -> Item | None:
        """One item as last published."""

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """Every item published at or after a moment (0: all)."""
