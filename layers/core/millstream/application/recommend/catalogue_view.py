"""The catalogue in memory, by item key, refreshed incrementally."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from millstream.application.ports import Catalogue
from millstream.application.recommend.filtered import FilteredCatalogue
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey

OVERLAP_MS = 10_000
"""Overlap of consecutive refreshes: writers' clocks differ, and an index lags behind its table."""


NEWEST_ITEMS = 100
"""Size of the list of newest items: the latest changed ones that are available."""


class CatalogueView:
    """An immutable copy of the catalogue: items by key, the newest items, and the time up to which it was read."""

    def __init__(self, items: Mapping[ItemKey, Item], newest: Sequence[ItemKey], read_until_ms: int) -> None:
        self.items = MappingProxyType(dict(items))
        self.newest = tuple(newest)
        self.read_until_ms = read_until_ms

    @cached_property
    def filtered(self) -> FilteredCatalogue:
        """Finds the items that meet a filter."""
        return FilteredCatalogue(self.items)

    def refreshed(self, catalogue: Catalogue) -> CatalogueView:
        """A newer copy, or this one if nothing changed."""
        changes = list(catalogue.changed_since(max(0, self.read_until_ms - OVERLAP_MS)))
        if all(self.items.get(change.item.key) == change.item for change in changes):
            return self
        in_order = sorted(changes, key=lambda change: (change.changed_at_ms, change.item.item_id))
        changed = {change.item.key: change.item for change in in_order}
        items = {**self.items, **changed}
        newest = [key for key in dict.fromkeys((*reversed(changed), *self.newest)) if items[key].available]
        return CatalogueView(items, newest[:NEWEST_ITEMS], in_order[-1].changed_at_ms)


EMPTY_CATALOGUE = CatalogueView({}, (), 0)
