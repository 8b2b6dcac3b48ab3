"""A catalogue in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millstream.application.ports import UNHURRIED, Budget, CatalogueChange
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import KeyCollisionError
from millstream.domain.keys import ItemKey


class MemoryCatalogue:
    """A Catalogue."""

    def __init__(self) -> None:
        self.changes: dict[str, CatalogueChange] = {}

    def refuse_collisions(self, items: Sequence[Item], budget: Budget = UNHURRIED) -> None:  # noqa: ARG002  # at once
        """See Catalogue."""
        owners: dict[ItemKey, str] = {change.item.key: change.item.item_id for change in self.changes.values()}
        for item in items:
            if owners.setdefault(item.key, item.item_id) != item.item_id:
                raise KeyCollisionError(item.item_id, owners[item.key])

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        self.refuse_collisions(items, budget)
        self.changes.update({item.item_id: CatalogueChange(item, changed_at_ms) for item in items})

    def get(self, item_id: str) -> Item | None:
        """See Catalogue."""
        change = self.changes.get(item_id)
        return change.item if change else None

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """See Catalogue."""
        return [change for change in self.changes.values() if change.changed_at_ms >= changed_at_ms]
