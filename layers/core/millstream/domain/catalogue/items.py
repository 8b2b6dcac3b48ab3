"""Catalogue items."""

from __future__ import annotations

from dataclasses import dataclass, field

from millstream.domain.keys import ItemKey, item_key

Texts = str | list[str]
"""One text, or several: an item may have several categories."""

AttributeValue = Texts | float | bool


@dataclass(frozen=True, slots=True)
class Item:
    """A catalogue item. `price` is in the shop's currency; `attributes` are defined by the shop."""

    item_id: str
    name: str
    category: Texts | None = None
    price: float | None = None
    description: str | None = None
    available: bool = True
    attributes: dict[str, AttributeValue] = field(default_factory=dict)

    @property
    def key(self) -> ItemKey:
        """The item's key."""
        return item_key(self.item_id)
