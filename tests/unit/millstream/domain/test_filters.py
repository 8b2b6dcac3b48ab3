"""Filters: which conditions are read, and which items meet them."""

from __future__ import annotations

import pytest

from millstream.domain.catalogue.filters import Condition, parse_filter
from millstream.domain.errors import InvalidInputError
from tests.builders import item

LAMP = item("lamp", category="Lighting", price=39.9, attributes={"colour": "red", "watts": 7.0, "dimmable": True})


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("", ()),
        ("  ", ()),
        ("category=Toys", (Condition("category", "=", "Toys"),)),
        (" price <= 20 ", (Condition("price", "<=", "20"),)),
        ("a!=b,c>=1", (Condition("a", "!=", "b"), Condition("c", ">=", "1"))),
        ("name=Red lamp = warm", (Condition("name", "=", "Red lamp = warm"),)),
        ("größe>4", (Condition("größe", ">", "4"),)),
    ],
)
def test_conditions_are_read(text: str, conditions: tuple[Condition, ...]) -> None:
    """Separated by commas, with spaces where one likes."""
    assert parse_filter(text) == conditions


@pytest.mark.parametrize("text", ["price", "price<", "=Toys", "a b=c", "a~b", ",", "a=b,", "a=b,,c=d", "price 20"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    """With an example of what is one."""
    with pytest.raises(InvalidInputError) as refused:
        parse_filter(text)
    assert refused.value.field == "filter"
    assert "category=Toys,price<20" in refused.value.expected


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("category=Lighting", True),
        ("category=lighting", False),
        ("category!=Toys", True),
        ("price<39.9", False),
        ("price<=39.9", True),
        ("price>39", True),
        ("price>=40", False),
        ("price=39.90", True),
        ("name=Lamp", True),
        ("available=true", True),
        ("available=FALSE", False),
        ("colour=red", True),
        ("watts>6.5", True),
        ("watts>10", False),
        ("dimmable=true", True),
        ("dimmable!=true", False),
        # What the item lacks, or has as another type, meets only "is not".
        ("size=4", False),
        ("size<4", False),
        ("size!=4", True),
        ("price<cheap", False),
        ("price!=cheap", True),
        ("dimmable=1", False),
        ("dimmable!=1", True),
        ("price<nan", False),
    ],
)
def test_a_condition_compares_as_the_items_own_type(text: str, holds: bool) -> None:
    """Numbers as numbers, flags as flags, text as text."""
    (condition,) = parse_filter(text)
    assert condition.holds(LAMP) is holds


def test_an_item_without_a_price_has_no_cheap_price() -> None:
    """Nothing is not less than 20."""
    (condition,) = parse_filter("price<20")
    assert not condition.holds(item("gift"))
