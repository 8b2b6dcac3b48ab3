"""Catalogue items."""

from __future__ import annotations

from dataclasses import dataclass, field

from millstream.domain.keys import ItemKey, item_key

AttributeValue = str | float | bool


@dataclass(frozen=True, slots=True)
class Item:
    """A catalogue item. `price` is in the shop's currency; `attributes` are defined by the shop."""

    item_id: str
    name: str
    category: str | None = None
    price: float | None = None
    description: str | None = None
    available: bool = True
    attributes: dict[str, AttributeValue] = field(default_factory=dict)

    @property
    def key(self) -> ItemKey:
        """The item's key."""
        return item_key(self.item_id)

    def attribute(self, name: str) -> AttributeValue | None:
        """The value that a filter compares: a field of the item, or an attribute."""
        if name in ("category", "price", "name", "available"):
            value: AttributeValue | None = getattr(self, name)
            return value
        return self.attributes.get(name)
