"""Conditions on catalogue items, and whether an item meets them. `filter_text` reads them from a request."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from millstream.domain.catalogue.items import AttributeValue, Item
from millstream.domain.errors import InvalidInputError

EQUAL, UNEQUAL = "=", "!="
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = (EQUAL, UNEQUAL, *_ORDER)

ATTRIBUTES = "attributes."
"""Before a name: the attribute, also where a field of the item has the same name."""

MOST_NAMES_SHOWN = 50

_FIELDS: dict[str, tuple[type, Callable[[Item], AttributeValue | None]]] = {
    "itemId": (str, attrgetter("item_id")),
    "name": (str, attrgetter("name")),
    "category": (str, attrgetter("category")),
    "price": (float, attrgetter("price")),
    "description": (str, attrgetter("description")),
    "available": (bool, attrgetter("available")),
}
_FLAGS = {"true": True, "false": False}
_VALUES_OF: dict[type, str] = {float: "a number", bool: "= or != with true or false"}


Test = Callable[[Item], bool]


@dataclass(frozen=True)
class Condition:
    """One comparison: an item meets `=` if its value is one of the values, `!=` if not.

    A value is compared as the item's own type: text, number, or true and false. A list meets what one of its texts
    meets. An item without the field or attribute meets only `!=`. Raises InvalidInputError for a value that the field
    can never have.
    """

    name: str
    comparison: str
    values: tuple[str, ...]
    holds: Test = field(init=False, repr=False, compare=False)
    """True for an item that meets the condition."""
    _of: Callable[[Item], AttributeValue | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kind, of = _FIELDS.get(self.name, (None, _attribute(self.name.removeprefix(ATTRIBUTES))))
        if kind is not None:
            self._check({kind})
        compare = _ORDER.get(self.comparison)
        if compare is None:
            test = _is_one_of(of, self.values, self.comparison == EQUAL)
        else:
            test = _is_ordered(of, compare, self.values[0])
        object.__setattr__(self, "_of", of)
        object.__setattr__(self, "holds", test)

    def check(self, items: Iterable[Item]) -> None:
        """Raise InvalidInputError if no item has the attribute, or none has a value of a type that can be compared.

        Reads items only until it finds one.
        """
        if self.name in _FIELDS:
            return
        kinds: set[type] = set()
        for kind in map(_kind, map(self._of, items)):
            if kind is not None and kind not in kinds:
                kinds.add(kind)
                if not self._misfits(kinds):
                    return
        if not kinds:
            raise InvalidInputError("filter", f"one of {_known_names(items)} (new ones take ten seconds)", self.name)
        self._check(kinds)

    def _misfits(self, kinds: Collection[type]) -> list[str]:
        """The values that are of none of these types."""
        if str in kinds:
            return []
        return [value for value in self.values if not any(self._fits(value, kind) for kind in kinds)]

    def _fits(self, value: str, kind: type) -> bool:
        if kind is float:
            return _number(value) is not None
        return self.comparison not in _ORDER and value.lower() in _FLAGS

    def _check(self, kinds: Collection[type]) -> None:
        for value in self._misfits(kinds):
            expected = " or ".join(sorted(_VALUES_OF[kind] for kind in kinds))
            raise InvalidInputError("filter", f"{self.name} {self.comparison} {expected}", value)


Filter = tuple[Condition, ...]
"""Conditions that must all hold."""


def check_filter(conditions: Filter, items: Collection[Item]) -> None:
    """Raise InvalidInputError for a name or a value that no item of the catalogue can have."""
    for condition in conditions:
        condition.check(items)


def meets(conditions: Filter) -> Test:
    """Whether an item meets all conditions."""
    tests = [condition.holds for condition in conditions]

    def meets_all(item: Item) -> bool:
        for test in tests:  # noqa: SIM110  # all() with a generator takes twice as long, for each item of a catalogue
            if not test(item):
                return False
        return True

    return tests[0] if len(tests) == 1 else meets_all


def _is_one_of(of: Callable[[Item], AttributeValue | None], values: Collection[str], wanted: bool) -> Test:
    texts = frozenset(values)
    numbers = {number for number in map(_number, values) if number is not None}
    flags = {_FLAGS[text.lower()] for text in values if text.lower() in _FLAGS}
    others = texts | numbers

    def test(item: Item) -> bool:
        actual = of(item)
        kind = type(actual)
        if kind is list:
            return texts.isdisjoint(actual) is not wanted  # type: ignore[arg-type]
        # True is equal to 1, which is not meant here.
        return (actual in (flags if kind is bool else others)) is wanted

    return test


def _is_ordered(of: Callable[[Item], AttributeValue | None], compare: Callable[[Any, Any], bool], value: str) -> Test:
    number = _number(value)

    def test(item: Item) -> bool:
        actual = of(item)
        if isinstance(actual, str):
            return compare(actual, value)
        if isinstance(actual, list):
            return any(compare(one, value) for one in actual)
        return not (actual is None or number is None or isinstance(actual, bool)) and compare(actual, number)

    return test


def _attribute(name: str) -> Callable[[Item], AttributeValue | None]:
    return lambda item: item.attributes.get(name)


def _kind(value: AttributeValue | None) -> type | None:
    """`str`, `float` or `bool`; None without a value."""
    if value is None or isinstance(value, bool):
        return None if value is None else bool
    return float if isinstance(value, (int, float)) else str


def _number(text: str) -> float | None:
    """The number that a text is; None for other texts. Python also reads digits of other scripts, and 1_000."""
    if not text.isascii() or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _known_names(items: Iterable[Item]) -> str:
    names = [*_FIELDS, *sorted({name for item in items for name in item.attributes})]
    more = len(names) - MOST_NAMES_SHOWN
    return ", ".join(names[:MOST_NAMES_SHOWN]) + (f" and {more} more attributes" if more > 0 else "")
