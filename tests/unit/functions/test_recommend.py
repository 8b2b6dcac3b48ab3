"""Every read as API Gateway delivers it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.http.recommend import app
from millstream.adapters.memory import FixedClock, MemoryCatalogue, MemoryEventLog, MemoryFeatureStore
from millstream.application.ports import VersionedRow
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE
from millstream.application.recommend.recommend import Recommend
from millstream.application.recommend.served import Served
from millstream.domain.errors import UnavailableError
from millstream.domain.keys import item_key
from millstream.domain.log.records import decode
from millstream.domain.slates.slate import Candidate, SlateItem, Source
from millstream.entrypoints.answers import places_body
from millstream.entrypoints.telemetry import telemetry
from millstream.wiring.functions import Reading
from tests.builders import NOW_MS, SECRET, item, subject
from tests.unit.functions.lambda_events import CONTEXT, answered, api_event


class OneNeighbour:
    """A Scorer that knows that a desk follows a lamp."""

    version = "neighbour-1"
    tail_items = 10
    exclude_seen = None

    def recommend(self, *_: object) -> list[Candidate]:
        """See Scorer."""
        return []

    def similar(self, item: bytes, _: int) -> list[Candidate]:
        """See Scorer."""
        return [Candidate(item_key("desk-7"), 0.5, Source.MODEL)] if item == item_key("lamp-42") else []


class Shop:
    """What is behind the handler."""

    def __init__(self) -> None:
        self.log = MemoryEventLog()
        self.store = MemoryFeatureStore()
        catalogue = MemoryCatalogue()
        catalogue.publish([item("lamp-42", price=39.9, attributes={"colour": "red"}), item("desk-7")], NOW_MS)
        view = EMPTY_CATALOGUE.refreshed(catalogue, FixedClock(NOW_MS))
        heaviest = [(item_key("lamp-42"), 4.0), (item_key("desk-7"), 1.0)]
        served = Served(OneNeighbour, lambda: view, lambda: heaviest, lambda: self.store)
        self.reading = Reading(Recommend(self.log, served, FixedClock(NOW_MS), SECRET, telemetry().failed), catalogue)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with two items."""
    shop = Shop()
    monkeypatch.setattr(app, "reading", lambda _: shop.reading)
    return shop


def get(name: str, **changed: Any) -> tuple[int, Any]:
    """What the handler answers."""
    return answered(app.handler(api_event(name, **changed), CONTEXT))


def test_a_small_score_keeps_its_digits() -> None:
    """Scores of a model are comparable only with each other, and may all be small."""
    lamp = SlateItem(item("lamp-42"), 1.23456789e-7, Source.MODEL, "", 1.0)
    assert places_body((lamp,))[0]["score"] == 1.23457e-7


def test_a_slate_is_answered_and_logged(shop: Shop) -> None:
    """With where it came from; the recommendation's id is the request's, and the user's id is decoded."""
    status, body = get("get_recommendations")
    assert status == 200
    assert body["userId"] == "ann o/b"
    assert [place["itemId"] for place in body["itemList"]] == ["lamp-42", "desk-7"]
    assert body["itemList"][0] == {
        "itemId": "lamp-42",
        "name": "Lamp-42",
        "score": 1.0,
        "source": "trending",
        "reason": "popular with everybody right now",
        "propensity": 1.0,
    }
    assert body["stale"] is False
    assert body["provenance"] == {
        "userPosition": None,
        "modelVersion": "neighbour-1",
        "policy": "in-order-2",
        "tier": "trending",
        "excludeSeen": "none",
    }
    (stored,) = shop.log.records
    logged = decode(stored.data)
    assert logged.subject == subject("ann o/b")
    assert logged.events[0].event_id == body["recommendationId"]


def test_a_request_in_a_body_is_answered_and_logged(shop: Shop) -> None:
    """What the visitor looks at is not recommended."""
    status, body = get("post_recommendations")
    assert (status, body["userId"]) == (200, "ann o/b")
    assert [place["itemId"] for place in body["itemList"]] == ["desk-7"]
    assert body["itemList"][0]["reason"] == "often goes with Lamp-42"
    (stored,) = shop.log.records
    logged = decode(stored.data)
    assert logged.subject == subject("ann o/b")
    assert logged.events[0].event_id == body["recommendationId"]
    assert logged.events[0].attributes["sessionId"] == "visit-7"


def test_a_visitor_without_an_id_is_answered_too(shop: Shop) -> None:
    """The log says nothing of who it was."""
    status, body = get("post_recommendations", body='{"n": 1}')
    assert (status, body["userId"], len(body["itemList"])) == (200, None, 1)
    assert decode(shop.log.records[0].data).subject == bytes(16)


@pytest.mark.parametrize(
    ("body", "field"), [('{"n": 0}', "n"), ('{"deadlineMs": 5}', "deadlineMs"), ("{", "body"), (None, "body")]
)
def test_a_bad_body_is_refused_by_field(shop: Shop, body: str | None, field: str) -> None:
    """400, and no slate is logged."""
    status, answer = get("post_recommendations", body=body)
    assert (status, answer["error"]["field"]) == (400, field)
    assert not shop.log.records


def test_a_slate_is_answered_also_when_the_log_does_not_take_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader never waits for a writer."""

    def unavailable(*_: object) -> None:
        raise UnavailableError("no capacity")

    monkeypatch.setattr(shop.log, "append", unavailable)
    assert get("get_recommendations")[0] == 200


@pytest.mark.parametrize(
    ("query", "field"), [({"n": "0"}, "n"), ({"filter": "price"}, "filter"), ({"limit": "5"}, "limit")]
)
def test_a_bad_parameter_is_refused_by_its_name(shop: Shop, query: dict[str, str], field: str) -> None:
    """400, and no slate is logged."""
    status, answer = get("get_recommendations", queryStringParameters=query)
    assert (status, answer["error"]["field"]) == (400, field)
    assert not shop.log.records


@pytest.mark.parametrize("name", ["get_recommendations", "get_similar_items", "get_items"])
def test_a_repeated_parameter_is_refused_by_its_name(shop: Shop, name: str) -> None:
    """API Gateway hands over the last value only, beside the list of all."""
    both = {"n": ["3", "4"]}
    status, answer = get(name, queryStringParameters={"n": "4"}, multiValueQueryStringParameters=both)
    assert (status, answer["error"]["field"], answer["error"]["got"]) == (400, "n", '["3", "4"]')
    assert not shop.log.records


def test_a_users_row_that_cannot_be_read_is_our_trouble(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer as to an unknown user, which says so, when the row's bytes are damaged or the store has no capacity."""
    shop.store.users[subject("ann o/b")] = VersionedRow(1, b"damaged")
    status, body = get("get_recommendations")
    assert (status, body["provenance"]["userPosition"], body["degraded"]) == (200, None, ["user"])
    assert "user row: format: expected 1 to 2" in caplog.text

    def unavailable(_: bytes) -> VersionedRow:
        raise UnavailableError("no capacity")

    monkeypatch.setattr(shop.store, "read_user", unavailable)
    status, body = get("get_recommendations")
    assert (status, body["degraded"]) == (200, ["user"])


@pytest.mark.usefixtures("shop")
def test_an_item_is_answered_in_the_words_in_which_it_was_published() -> None:
    """What it has not is left out."""
    assert get("get_item") == (
        200,
        {"itemId": "lamp-42", "name": "Lamp-42", "price": 39.9, "available": True, "attributes": {"colour": "red"}},
    )


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("route", ["get_item", "get_similar_items"])
def test_an_item_that_was_never_published_is_not_found(route: str) -> None:
    """404, naming it."""
    status, answer = get(route, pathParameters={"id": "gh%C3%B6st"})
    assert (status, answer["error"]["message"]) == (404, "item 'ghöst' is not published")


@pytest.mark.usefixtures("shop")
def test_similar_items_are_answered_without_a_user() -> None:
    """With the reason for each."""
    status, body = get("get_similar_items")
    assert status == 200
    assert body["itemId"] == "lamp-42"
    assert [(place["itemId"], place["reason"]) for place in body["itemList"]] == [("desk-7", "often goes with Lamp-42")]


@pytest.mark.usefixtures("shop")
def test_similar_items_take_no_parameter_but_n() -> None:
    """A filter that is ignored would mislead."""
    status, answer = get("get_similar_items", queryStringParameters={"n": "5", "filter": "price<1"})
    assert (status, answer["error"]["field"]) == (400, "filter")


def test_items_are_listed_page_by_page(shop: Shop) -> None:
    """The answer says where the next page begins; an unknown parameter is refused."""
    status, first = get("get_items", queryStringParameters={"n": "1"})
    assert (status, [one["itemId"] for one in first["items"]], first["after"]) == (200, ["desk-7"], "desk-7")
    _, second = get("get_items", queryStringParameters={"n": "5", "after": "desk-7"})
    assert ([one["itemId"] for one in second["items"]], second["after"]) == (["lamp-42"], None)
    assert get("get_items", queryStringParameters={"page": "1"})[0] == 400


@pytest.mark.usefixtures("shop")
def test_another_route_is_not_answered_here() -> None:
    """404."""
    assert get("get_health", resource="/elsewhere")[0] == 404
