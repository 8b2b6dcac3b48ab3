"""One day of the live stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millstream_tools.shops.contract.product import Product
from millstream_tools.shops.contract.visit import Visit


@dataclass(frozen=True, slots=True)
class Day:
    """What changes in the catalogue in the morning, then who visits, by start time."""

    label: str
    new_products: Sequence[Product]
    retired: Sequence[str]
    visits: Sequence[Visit]
