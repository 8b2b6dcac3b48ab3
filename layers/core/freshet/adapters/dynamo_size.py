"""How large DynamoDB takes an item to be, and what writing it costs.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

WRITE_UNIT_BYTES = 1024
_CONTAINER_BYTES = 3
_ELEMENT_BYTES = 1


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item as the low-level API spells it ({"u": {"B": b"…"}}): names count, and so do values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(size: int) -> int:
    """What one standard write of an item of `size` bytes costs: a unit for each started kilobyte."""
    return max(1, -(-size // WRITE_UNIT_BYTES))


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_bytes(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS" | "NS" | "BS":
            return sum(_value_bytes({kind[0]: element}) for element in content)
        case "L":
            return _container_bytes(content)
        case "M":
            return _container_bytes(content.values()) + sum(len(name.encode()) for name in content)
        case _:
            raise ValueError(f"expected a DynamoDB type (S N B BOOL NULL SS NS BS L M), got {kind!r}")


def _container_bytes(elements: Collection[Mapping[str, Any]]) -> int:
    return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _value_bytes(element) for element in elements)


def _number_bytes(text: str) -> int:
    """A byte for each two significant digits, and one; AWS says "approximately", so a sign counts as a byte too."""
    number = Decimal(text)
    digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
    return (digits + 1) // 2 + 1 + (number < 0)
