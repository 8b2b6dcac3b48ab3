"""The catalogue as a request needs it: in memory, by item key, brought up to date by what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from freshet.application.ports import Catalogue, CatalogueChange
from freshet.domain.catalogue import Item
from freshet.domain.keys import ItemKey

OVERLAP_MS = 10_000
"""How far back each refresh looks again: writers' clocks differ, and an index lags behind its table."""


class CatalogueView:
    """An immutable picture of the catalogue, and the moment up to which it was read."""

    def __init__(self, items: Mapping[ItemKey, Item], read_until_ms: int) -> None:
        self.items = MappingProxyType(dict(items))
        self.read_until_ms = read_until_ms

    def refreshed(self, catalogue: Catalogue) -> CatalogueView:
        """A newer picture; this one when nothing changed."""
        changes = list(catalogue.changed_since(max(0, self.read_until_ms - OVERLAP_MS)))
        if all(self.items.get(change.item.key) == change.item for change in changes):
            return self
        return CatalogueView({**self.items, **_by_key(changes)}, max(change.changed_at_ms for change in changes))


EMPTY_CATALOGUE = CatalogueView({}, 0)


def _by_key(changes: Iterable[CatalogueChange]) -> dict[ItemKey, Item]:
    in_order = sorted(changes, key=lambda change: change.changed_at_ms)
    return {change.item.key: change.item for change in in_order}
