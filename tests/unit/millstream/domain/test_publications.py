"""PUT /items: all of a call or none of it."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.domain.catalogue.items import Item
from millstream.domain.catalogue.publications import parse_publication
from millstream.domain.errors import InvalidInputError


def test_an_item_is_read_in_full() -> None:
    """Every field, with numbers among the attributes as doubles."""
    described = {
        "itemId": "lamp",
        "name": "Lamp",
        "category": "Lighting",
        "price": 39,
        "description": "Warm light.",
        "available": False,
        "attributes": {"colour": "red", "watts": 7, "dimmable": True},
    }
    expected = Item(
        "lamp", "Lamp", "Lighting", 39.0, "Warm light.", False, {"colour": "red", "watts": 7.0, "dimmable": True}
    )
    assert parse_publication({"items": [described]}) == (expected,)


def test_one_item_may_come_alone() -> None:
    """Without the list around it; its name is then its id, and it is available."""
    assert parse_publication({"itemId": "lamp"}) == (Item("lamp", "lamp"),)


BAD = [
    ("no object", "text", "body"),
    ("no id", {"items": [{"name": "Lamp"}]}, "items[0].itemId"),
    ("id a number", {"items": [{"itemId": 7}]}, "items[0].itemId"),
    ("second is bad", {"items": [{"itemId": "a"}, {"itemId": ""}]}, "items[1].itemId"),
    ("item a text", {"items": ["lamp"]}, "items[0]"),
    ("items null", {"items": None}, "items"),
    ("items an object", {"items": {"itemId": "a"}}, "items"),
    ("no items", {"items": []}, "items"),
    ("101 items", {"items": [{"itemId": str(number)} for number in range(101)]}, "items"),
    ("the same item twice", {"items": [{"itemId": "a"}, {"itemId": "a"}]}, "items"),
    ("name a number", {"itemId": "a", "name": 1}, "items[0].name"),
    ("name too long", {"itemId": "a", "name": "x" * 501}, "items[0].name"),
    ("category a number", {"itemId": "a", "category": 1}, "items[0].category"),
    ("a category a number", {"itemId": "a", "category": ["x", 1]}, "items[0].category[1]"),
    ("a category too long", {"itemId": "a", "category": ["x" * 501]}, "items[0].category[0]"),
    ("51 categories", {"itemId": "a", "category": ["x"] * 51}, "items[0].category"),
    ("price as text", {"itemId": "a", "price": "39.90"}, "items[0].price"),
    ("price true", {"itemId": "a", "price": True}, "items[0].price"),
    ("price NaN", {"itemId": "a", "price": float("nan")}, "items[0].price"),
    ("price beyond DynamoDB", {"itemId": "a", "price": 1e126}, "items[0].price"),
    ("price below DynamoDB", {"itemId": "a", "price": 5e-324}, "items[0].price"),
    ("description too long", {"itemId": "a", "description": "x" * 5001}, "items[0].description"),
    ("description with a lone surrogate", {"itemId": "a", "description": "\ud800"}, "items[0].description"),
    ("available a number", {"itemId": "a", "available": 1}, "items[0].available"),
    ("attributes a list", {"itemId": "a", "attributes": []}, "items[0].attributes"),
    ("51 attributes", {"itemId": "a", "attributes": {str(n): n for n in range(51)}}, "items[0].attributes"),
    ("attribute null", {"itemId": "a", "attributes": {"x": None}}, "items[0].attributes.x"),
    ("attribute a list of numbers", {"itemId": "a", "attributes": {"x": [1]}}, "items[0].attributes.x[0]"),
    ("attribute Infinity", {"itemId": "a", "attributes": {"x": float("inf")}}, "items[0].attributes.x"),
    ("attribute too long", {"itemId": "a", "attributes": {"x": "y" * 501}}, "items[0].attributes.x"),
    ("attribute without a name", {"itemId": "a", "attributes": {"": 1}}, "items[0].attributes: name"),
    ("attribute name too long", {"itemId": "a", "attributes": {"x" * 257: 1}}, "items[0].attributes: name"),
    ("attribute name a surrogate", {"itemId": "a", "attributes": {"\ud800": 1}}, "items[0].attributes: name"),
]


@pytest.mark.parametrize(("body", "field"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_item_refuses_the_call(body: Any, field: str) -> None:
    """The error names the item's place and field, what was expected and what came."""
    with pytest.raises(InvalidInputError) as refused:
        parse_publication(body)
    assert refused.value.field == field
    assert refused.value.expected
    assert refused.value.got


def test_a_hundred_items_are_accepted() -> None:
    """The most that a call may hold."""
    assert len(parse_publication({"items": [{"itemId": str(number)} for number in range(100)]})) == 100


@pytest.mark.parametrize("item_id", ["null", "Undefined", " none "])
def test_a_word_for_none_names_no_item(item_id: str) -> None:
    """No event could be about it."""
    with pytest.raises(InvalidInputError) as refused:
        parse_publication({"itemId": item_id})
    assert refused.value.field == "items[0].itemId"
