"""Change or delete one published item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from millstream.application.collect.publish_items import append_items
from millstream.application.ports import UNHURRIED, Budget, Catalogue, CatalogueChange, Clock, EventLog
from millstream.domain.catalogue.items import Item
from millstream.domain.catalogue.publications import patched
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.log.positions import Position

ATTEMPTS = 5
"""Each failed one means that another change of the same item came first."""


class Revised(NamedTuple):
    """The item as it is now, and the position of its record in the log."""

    item: Item
    position: Position


@dataclass(frozen=True)
class ReviseItem:
    """Append the whole item as it will be to the log, then replace it in the catalogue if nobody changed it meanwhile.

    If somebody did, the change is made again on top of theirs, so that the last record in the log is what the catalogue
    says.
    """

    log: EventLog
    catalogue: Catalogue
    clock: Clock

    def patch(self, item_id: str, patch: object, budget: Budget = UNHURRIED) -> Revised:
        """Change some fields, see `patched`.

        Raises InvalidInputError, NotFoundError, ConflictError, UnavailableError.
        """
        return self._revise(item_id, lambda item: patched(item, patch), budget, is_deleted=False)

    def delete(self, item_id: str, budget: Budget = UNHURRIED) -> Revised:
        """Remove an item from the catalogue. Raises NotFoundError, ConflictError, UnavailableError."""
        return self._revise(item_id, lambda item: replace(item, available=False), budget, is_deleted=True)

    def _revise(self, item_id: str, revised: Callable[[Item], Item], budget: Budget, *, is_deleted: bool) -> Revised:
        for attempt in range(1, ATTEMPTS + 1):
            seen = self.catalogue.find(item_id)
            if seen is None:
                raise NotFoundError(f"item {item_id!r} is not published")
            item = revised(seen.item)
            now_ms = max(self.clock.now_ms(), seen.changed_at_ms + 1)
            position = append_items(self.log, [item], now_ms, budget, is_deleted=is_deleted)
            try:
                self.catalogue.replace(seen, CatalogueChange(item, now_ms, seen.published_at_ms, is_deleted), budget)
            except ConflictError:
                if attempt == ATTEMPTS:
                    raise
            else:
                return Revised(item, position)
        raise AssertionError("the last attempt returns or raises")
