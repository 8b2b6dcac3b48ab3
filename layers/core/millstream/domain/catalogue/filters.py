"""Filters on catalogue attributes, as a request writes them: `category=Toys,price<20`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from millstream.domain.catalogue.items import AttributeValue, Item
from millstream.domain.errors import InvalidInputError

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>)\s*(.+?)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. An item without the attribute, or with one of another type, matches only `!=`."""

    attribute: str
    comparison: str
    value: str

    def holds(self, item: Item) -> bool:
        """True if the item matches the condition."""
        actual = item.attribute(self.attribute)
        wanted = _typed_like(actual, self.value)
        if actual is None or wanted is None:
            return self.comparison == "!="
        return _COMPARE[self.comparison](actual, wanted)


def parse_filter(text: str) -> tuple[Condition, ...]:
    """Parse comma-separated conditions, all of which must hold. Raises InvalidInputError."""
    return tuple(_condition(part) for part in text.split(",")) if text.strip() else ()


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InvalidInputError("filter", "conditions like category=Toys,price<20 (= != < <= > >=)", text)
    return Condition(*match.groups())


def _typed_like(actual: AttributeValue | None, text: str) -> AttributeValue | None:
    """The text converted to the type of the item's value, or None if that is impossible."""
    if isinstance(actual, bool):
        return {"true": True, "false": False}.get(text.lower())
    if isinstance(actual, (int, float)):
        try:
            return float(text)
        except ValueError:
            return None
    return text
