"""A catalogue in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millstream.application.ports import UNHURRIED, Budget, CatalogueChange, OnUnreadable, ignore
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import ConflictError, KeyCollisionError
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
        for item in items:
            known = self.find(item.item_id)
            published_at_ms = known.published_at_ms if known else changed_at_ms
            self.changes[item.item_id] = CatalogueChange(item, changed_at_ms, published_at_ms)

    def replace(self, seen: CatalogueChange, change: CatalogueChange, budget: Budget = UNHURRIED) -> None:  # noqa: ARG002
        """See Catalogue."""
        if self.changes.get(seen.item.item_id) != seen:
            raise ConflictError(f"item {seen.item.item_id!r} was changed at the same time")
        self.changes[seen.item.item_id] = change

    def find(self, item_id: str) -> CatalogueChange | None:
        """See Catalogue."""
        change = self.changes.get(item_id)
        return None if change is None or change.is_deleted else change

    def get(self, item_id: str) -> Item | None:
        """See Catalogue."""
        change = self.find(item_id)
        return change.item if change else None

    def page(self, n: int, after: str | None = None, on_unreadable: OnUnreadable = ignore) -> Sequence[Item]:  # noqa: ARG002
        """See Catalogue. The order is that of the ids."""
        found = (self.get(item_id) for item_id in sorted(self.changes) if after is None or item_id > after)
        return [item for item in found if item][:n]

    def changed_since(self, changed_at_ms: int, on_unreadable: OnUnreadable = ignore) -> Iterable[CatalogueChange]:  # noqa: ARG002
        """See Catalogue."""
        return [change for change in self.changes.values() if change.changed_at_ms >= changed_at_ms]
