"""The items of the catalogue that meet a filter, newest first: what a slate is filled with in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

from millstream.domain.catalogue.filters import Filter, check_filter, meets
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey

FOUND_AT_ONCE = 20
FILTERS_KEPT = 64

Items = dict[ItemKey, Item] | MappingProxyType[ItemKey, Item]
"""In an order that can be read backwards."""


class FilteredCatalogue:
    """Finds items of one copy of the catalogue, available ones only; `items` are in the order of publication.

    The items found for the latest filters are kept: a filter that few items meet reads the whole catalogue once, not
    once a request.
    """

    def __init__(self, items: Items) -> None:
        self._items = items
        self._matching = lru_cache(FILTERS_KEPT)(self._checked)

    def matching(self, conditions: Filter) -> Iterable[ItemKey]:
        """The items that meet all conditions, read lazily.

        Raises InvalidInputError at once for a name or a value that no item has; an empty catalogue refuses none.
        """
        return self._matching(conditions)

    def _checked(self, conditions: Filter) -> _Matching:
        if self._items:
            check_filter(conditions, self._items.values())
        return _Matching(self._items, conditions)


class _Matching:
    """The items found so far, and how many were read; replaced as one, so that threads may share it."""

    def __init__(self, items: Items, conditions: Filter) -> None:
        self._items = items
        self._meets = meets(conditions)
        self._done: tuple[tuple[ItemKey, ...], int] = ((), 0)

    def __iter__(self) -> Iterator[ItemKey]:
        found, read = self._done
        yield from found
        while read < len(self._items):
            more, read = self._more(read)
            found += more
            self._done = found, read
            yield from more

    def _more(self, read: int) -> tuple[tuple[ItemKey, ...], int]:
        more, is_met = [], self._meets
        for key in islice(reversed(self._items), read, None):
            item, read = self._items[key], read + 1
            if item.available and is_met(item):
                more.append(key)
                if len(more) == FOUND_AT_ONCE:
                    break
        return tuple(more), read
