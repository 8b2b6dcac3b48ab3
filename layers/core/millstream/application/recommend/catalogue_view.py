"""The catalogue as a request needs it: in memory, by item key, brought up to date by what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from millstream.application.ports import Catalogue
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey

OVERLAP_MS = 10_000
"""How far back each refresh looks again: writers' clocks differ, and an index lags behind its table."""


NEWEST_ITEMS = 100
"""How many of the latest changed items that are still sold are known as the newest."""


class CatalogueView:
    """An immutable picture of the catalogue: its items by key, the newest ones, and until when it was read."""

    def __init__(self, items: Mapping[ItemKey, Item], newest: Sequence[ItemKey], read_until_ms: int) -> None:
        self.items = MappingProxyType(dict(items))
        self.newest = tuple(newest)
        self.read_until_ms = read_until_ms

    def refreshed(self, catalogue: Catalogue) -> CatalogueView:
        """A newer picture; this one when nothing changed."""
        changes = list(catalogue.changed_since(max(0, self.read_until_ms - OVERLAP_MS)))
        if all(self.items.get(change.item.key) == change.item for change in changes):
            return self
        in_order = sorted(changes, key=lambda change: (change.changed_at_ms, change.item.item_id))
        changed = {change.item.key: change.item for change in in_order}
        items = {**self.items, **changed}
        newest = [key for key in dict.fromkeys((*reversed(changed), *self.newest)) if items[key].available]
        return CatalogueView(items, newest[:NEWEST_ITEMS], in_order[-1].changed_at_ms)


EMPTY_CATALOGUE = CatalogueView({}, (), 0)
