"""Which candidates may be recommended to a user."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from millstream.domain.catalogue.filters import Filter, meets
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey
from millstream.domain.slates.slate import Candidate


class Eligible(NamedTuple):
    """A candidate that may be recommended, and its item."""

    candidate: Candidate
    item: Item


def eligible(
    candidates: Iterable[Candidate],
    catalogue: Mapping[ItemKey, Item],
    excluded: Collection[ItemKey],
    conditions: Filter,
) -> Iterator[Eligible]:
    """The candidates that are in the catalogue, available, not excluded, and match every condition."""
    is_met = meets(conditions)
    for candidate in candidates:
        item = None if candidate.item in excluded else catalogue.get(candidate.item)
        if item is not None and item.available and is_met(item):
            yield Eligible(candidate, item)
