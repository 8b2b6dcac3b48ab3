"""How large DynamoDB takes an item to be, and what writing it costs.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
    if kind not in _BYTES_OF:
        raise ValueError(f"expected one of DynamoDB's types {', '.join(_BYTES_OF)}, got {kind!r}")
    return _BYTES_OF[kind](content)


def _container_bytes(elements: Collection[Mapping[str, Any]]) -> int:
    return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + _value_bytes(element) for element in elements)


def _number_bytes(text: str) -> int:
    """A byte for each two significant digits, and one; AWS says "approximately", so a sign counts as a byte too."""
    number = Decimal(text)
    digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
    return (digits + 1) // 2 + 1 + (number < 0)


def _text_bytes(text: str) -> int:
    return len(text.encode())


_BYTES_OF: Mapping[str, Callable[[Any], int]] = {
    "S": _text_bytes,
    "N": _number_bytes,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda texts: sum(map(_text_bytes, texts)),
    "NS": lambda numbers: sum(map(_number_bytes, numbers)),
    "BS": lambda contents: sum(map(len, contents)),
    "L": _container_bytes,
    "M": lambda entries: _container_bytes(entries.values()) + sum(map(_text_bytes, entries)),
}
