"""A thing that a shop sells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Product:
    """One catalogue entry, in the words that a customer reads.

    `category` and `description` are empty and `price` (in the shop's currency) is None where the source has none.
    `available` is False for what is known but no longer on sale.
    """

    item_id: str
    name: str
    category: str = ""
    price: float | None = None
    description: str = ""
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)
    available: bool = True
