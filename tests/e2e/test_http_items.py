"""PUT /items, GET /items/{id} and GET /items/{id}/similar, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import SHOP
from tests.e2e.stack import Stack
from tests.e2e.wire import segment
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud


def test_a_published_item_is_answered_as_it_was_published(stack: Stack) -> None:
    """One item, not a list, with everything that it may have; at once."""
    kettle = {
        "itemId": "kettle",
        "name": "Kettle — 1.7 l",
        "category": "Kitchen",
        "price": 39.9,
        "description": "Boils.",
        "available": True,
        "attributes": {"colour": "röd", "watts": 2200.0, "new": True},
    }
    published = stack.http("PUT", "/items", kettle)
    assert published.status == 200
    assert published.body["published"] == ["kettle"]
    assert stack.http("GET", "/items/kettle").body == kettle


def test_a_batch_is_published_whole_and_replaces_what_was_there(stack: Stack) -> None:
    """A second publication of the same id wins; what it leaves out is gone."""
    many = [{"itemId": f"batch-{number}", "price": number} for number in range(100)]
    assert len(stack.http("PUT", "/items", {"items": many}).body["published"]) == 100
    assert stack.http("GET", "/items/batch-99").body["price"] == 99
    stack.http("PUT", "/items", {"items": [{"itemId": "batch-99", "available": False}]})
    replaced = {"itemId": "batch-99", "name": "batch-99", "available": False, "attributes": {}}
    assert stack.http("GET", "/items/batch-99").body == replaced
    # The other tests ask for items of the shop: these hundred would be the newest ones.
    stack.http("PUT", "/items", {"items": [{**item, "available": False} for item in many]})
    assert stack.http("PUT", "/items", {"items": SHOP}).status == 200


@pytest.mark.parametrize(
    ("body", "field", "got"),
    [
        ({}, "items[0].itemId", "null"),
        ({"items": []}, "items", "'0 items'"),
        ({"items": [{"itemId": f"{number}"} for number in range(101)]}, "items", "'101 items'"),
        ({"items": [{"itemId": "a"}, {"itemId": "a"}]}, "items", '["a", "a"]'),
        ({"items": [{"itemId": "good"}, {"itemId": "bad", "price": "9"}]}, "items[1].price", "'9'"),
        ({"itemId": "bad", "available": 1}, "items[0].available", "1"),
        ({"itemId": "bad", "attributes": {"size": None}}, "items[0].attributes.size", "null"),
    ],
)
def test_a_publication_with_a_mistake_is_refused_whole_and_by_field(
    stack: Stack, body: Any, field: str, got: str
) -> None:
    """The good neighbours of a bad item are not published either."""
    answer = stack.http("PUT", "/items", body)
    assert answer.status == 400
    assert (answer.refused[0], answer.refused[2]) == (field, got)
    assert stack.http("GET", "/items/good").status == 404


@pytest.mark.parametrize("path", ["/items/never", "/items/never/similar"])
def test_an_item_that_was_never_published_is_not_found(stack: Stack, path: str) -> None:
    """404, by name."""
    answer = stack.http("GET", path)
    assert (answer.status, answer.body) == (404, {"error": {"message": "item 'never' is not published"}})


def test_similar_items_are_what_the_model_saw_follow(stack: Stack) -> None:
    """By the champion, without the item itself, without what is sold out, and no more than asked for."""
    eventually(lambda: stack.http("GET", "/items/lamp/similar").body["itemList"])
    answer = stack.http("GET", "/items/lamp/similar")
    assert answer.body["itemId"] == "lamp"
    (top, *rest) = answer.body["itemList"]
    assert (top["itemId"], top["name"], top["source"]) == ("desk", "Oak desk", "neighbours")
    assert {item["itemId"] for item in rest} <= {"vase", "chair"}
    assert len(stack.http("GET", "/items/lamp/similar?n=1").body["itemList"]) == 1


@pytest.mark.parametrize(("query", "field"), [("n=0", "n"), ("n=ten", "n"), ("filter=price<3", "filter")])
def test_a_bad_question_for_similar_items_is_refused(stack: Stack, query: str, field: str) -> None:
    """A parameter that this route does not know is refused, not ignored."""
    answer = stack.http("GET", f"/items/lamp/similar?{query}")
    assert (answer.status, answer.refused[0]) == (400, field)


ODD_IDS = ["two words", "ä ö ü", "日本", "📚📚", "a+b", "a?b=c&d#e", "100%", "a;b:c@d,e", "\"'\\", "{id}", "i" * 256]
ODD_IDS += ["a/b", "/", "x%41", "%2F", "a//b"]


@pytest.mark.parametrize("odd", ODD_IDS, ids=ascii)
def test_an_id_of_any_characters_finds_its_way_through_a_path(stack: Stack, odd: str) -> None:
    """Percent-encoded, an item id and a user id come back as they were."""
    described = {"itemId": odd, "name": "Odd", "available": False, "attributes": {}}
    assert stack.http("PUT", "/items", described).status == 200
    assert stack.http("GET", f"/items/{segment(odd)}").body == described
    changed = stack.http("PATCH", f"/items/{segment(odd)}", {"name": "Odder"})
    assert changed.body["item"] == described | {"name": "Odder"}
    assert stack.http("DELETE", f"/items/{segment(odd)}").body["deleted"] == odd
    assert stack.http("GET", f"/items/{segment(odd)}").status == 404
    assert stack.http("PUT", "/items", described).status == 200
    assert stack.http("GET", f"/items/{segment(odd)}/similar").body["itemId"] == odd
    assert stack.http("GET", f"/recommendations/{segment(odd)}?n=1").body["userId"] == odd


def test_an_id_with_a_slash_is_published_and_recommended(stack: Stack) -> None:
    """In bodies and slates it is like any other."""
    assert stack.http("PUT", "/items", {"itemId": "shelves/tall", "category": "Slashed"}).status == 200

    def slate() -> list[str]:
        answer = stack.http("GET", "/recommendations/any?filter=category=Slashed")
        return [item["itemId"] for item in answer.body["itemList"]]

    eventually(lambda: slate() == ["shelves/tall"])
    stack.http("PUT", "/items", {"itemId": "shelves/tall", "available": False})
