"""Filters: which items meet a condition, and which conditions no item can meet."""

from __future__ import annotations

import pytest

from millstream.domain.catalogue.filter_text import parse_filter
from millstream.domain.catalogue.filters import check_filter
from millstream.domain.errors import InvalidInputError
from tests.builders import item

LAMP = item(
    "lamp",
    category=["Lighting", "Clothing, Shoes & Jewelry"],
    price=39.9,
    description="A lamp",
    attributes={
        "colour": "red",
        "watts": 7.0,
        "dimmable": True,
        "tags": ["warm", "small"],
        "shade-size": 4.0,
        "größe": "XL",
        "made in": "Köln",
        "price": "on request",
    },
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("itemId=lamp", True),
        ("itemId!=lamp", False),
        ("itemId!=desk", True),
        ("name=Lamp", True),
        ("description=A lamp", True),
        ("description!=x", True),
        ("category=Lighting", True),
        ("category=lighting", False),
        ('category="Clothing, Shoes & Jewelry"', True),
        ("category!=Lighting", False),
        ("category!=Toys", True),
        ("category=Toys|Lighting", True),
        ("category=Toys|Garden", False),
        ("category!=Toys|Lighting", False),
        ("category!=Toys|Garden", True),
        ("price<39.9", False),
        ("price<=39.9", True),
        ("price>39", True),
        ("price>=40", False),
        ("price=39.90", True),
        ("price=1|39.9", True),
        ("available=true", True),
        ("available=FALSE", False),
        ("colour=red", True),
        ("colour>blue", True),
        ("watts>6.5", True),
        ("watts>10", False),
        ("dimmable=true", True),
        ("dimmable!=true", False),
        ("tags=warm", True),
        ("tags!=warm", False),
        ("tags=cold|small", True),
        ("shade-size=4", True),
        ("größe=XL", True),
        ("made in=Köln", True),
        ("attributes.price=on request", True),
        # An item without the attribute, or with one of another type, meets only "is not".
        ("size=4", False),
        ("size<4", False),
        ("size!=4", True),
        ("dimmable=1", False),
        ("dimmable!=1", True),
    ],
)
def test_a_condition_compares_as_the_items_own_type(text: str, holds: bool) -> None:
    """Numbers as numbers, flags as flags, text as text; a list meets what one of its texts meets."""
    (condition,) = parse_filter(text)
    assert condition.holds(LAMP) is holds


@pytest.mark.parametrize("text", ["price<20", "category=Toys", "description=x"])
def test_an_item_without_a_field_meets_no_condition_but_is_not(text: str) -> None:
    """No price is not less than 20."""
    (condition,) = parse_filter(text)
    assert not condition.holds(item("gift"))


@pytest.mark.parametrize("text", ["price<abc", "price=cheap", "price=1|x", "price<nan", "price>1_000", "price=٣"])
def test_a_price_is_compared_with_numbers(text: str) -> None:
    """Other values are refused: no item can have them."""
    with pytest.raises(InvalidInputError, match=r"filter: expected price (<|=|>) a number, got '"):
        parse_filter(text)


@pytest.mark.parametrize("text", ["available=yes", "available<true"])
def test_a_flag_is_true_or_false(text: str) -> None:
    """And has no order."""
    with pytest.raises(InvalidInputError, match="= or != with true or false"):
        parse_filter(text)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    """A typing error must not look like an empty shop."""
    with pytest.raises(InvalidInputError) as refused:
        check_filter(parse_filter("price<50,categroy=Toys"), [item("gift"), LAMP])
    assert refused.value.field == "filter"
    assert refused.value.got == "'categroy'"
    known = "itemId, name, category, price, description, available, colour, dimmable, größe, made in"
    assert known in refused.value.expected


@pytest.mark.parametrize("text", ["watts<bright", "dimmable=maybe", "watts=1|many"])
def test_a_value_that_no_item_of_the_catalogue_can_have_is_refused(text: str) -> None:
    """The attributes have one type each here."""
    with pytest.raises(InvalidInputError, match="filter: expected (watts|dimmable)"):
        check_filter(parse_filter(text), [LAMP])


def test_an_attribute_with_several_types_takes_the_values_of_each() -> None:
    """One item has a number, another a text."""
    items = [item("a", attributes={"size": 4.0}), item("b", attributes={"size": "XL"})]
    check_filter(parse_filter("size=XL,size>=4"), items)
