"""The catalogue in memory, by item key, refreshed incrementally."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from millstream.application.ports import Catalogue, CatalogueChange, Clock
from millstream.application.recommend.filtered import FilteredCatalogue
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey

OVERLAP_MS = 60_000
"""How far a refresh looks back: a change lands up to the timeout of its function after its time, clocks differ, and an
index lags behind its table."""

NEWEST_ITEMS = 100
"""Size of the list of newest items: the latest first published ones that are available."""


class CatalogueView:
    """An immutable copy of the catalogue: items by key, in the order of their first publication, and the newest ones.

    Changes up to `read_until_ms`, on the clocks of the writers, are in it; it was read at `read_at_ms` on the reader's
    clock of elapsed time. `unreadable` are the keys of items that could not be read. `filtered` finds the items that
    meet a filter.
    """

    def __init__(
        self,
        items: Mapping[ItemKey, Item],
        read_until_ms: int = 0,
        read_at_ms: int = 0,
        unreadable: Collection[str] = frozenset(),
        filtered: FilteredCatalogue | None = None,
    ) -> None:
        self.items = items if isinstance(items, MappingProxyType) else MappingProxyType(dict(items))
        self.newest = tuple(islice(self._newest_first(), NEWEST_ITEMS))
        self.read_until_ms = read_until_ms
        self.read_at_ms = read_at_ms
        self.unreadable = frozenset(unreadable)
        self.filtered = filtered or FilteredCatalogue(self.items)

    def refreshed(
        self, catalogue: Catalogue, clock: Clock, on_error: Callable[[Exception], None] = lambda _: None
    ) -> CatalogueView:
        """A newer copy; the items are the very same if none changed. Unreadable items stay as they are."""
        now_ms, elapsed_ms = clock.now_ms(), clock.elapsed_ms()
        unreadable = dict.fromkeys(self.unreadable)

        def leave_out(key: str, error: Exception) -> None:
            unreadable[key] = None
            on_error(error)

        changes = list(catalogue.changed_since(max(0, self.read_until_ms - OVERLAP_MS), leave_out))
        for change in changes:
            unreadable.pop(change.item.key.hex(), None)
        read_until_ms = self._read_until(changes, now_ms, elapsed_ms)
        if all(map(self._has, changes)):
            return CatalogueView(self.items, read_until_ms, elapsed_ms, unreadable, self.filtered)
        return CatalogueView(self._with(changes), read_until_ms, elapsed_ms, unreadable)

    def _read_until(self, changes: Collection[CatalogueChange], now_ms: int, elapsed_ms: int) -> int:
        """The time of the newest change, or the previous time plus what has passed since; not in the future.

        So the time moves on when nothing changes, and no clock that is wrong for a while hides a change.
        """
        passed_ms = elapsed_ms - self.read_at_ms if self.read_until_ms else 0
        newest = max((change.changed_at_ms for change in changes), default=0)
        return min(now_ms, max(newest, self.read_until_ms + passed_ms))

    def _has(self, change: CatalogueChange) -> bool:
        return self.items.get(change.item.key) == (None if change.is_deleted else change.item)

    def _with(self, changes: Collection[CatalogueChange]) -> Mapping[ItemKey, Item]:
        latest = {
            change.item.key: change
            for change in sorted(changes, key=lambda change: (change.changed_at_ms, change.item.item_id))
        }
        items = dict(self.items)
        for change in sorted(latest.values(), key=lambda change: (change.published_at_ms, change.item.item_id)):
            if change.is_deleted:
                items.pop(change.item.key, None)
            else:
                items[change.item.key] = change.item
        return MappingProxyType(items)

    def _newest_first(self) -> Iterator[ItemKey]:
        return (key for key in reversed(self.items) if self.items[key].available)


EMPTY_CATALOGUE = CatalogueView({})
