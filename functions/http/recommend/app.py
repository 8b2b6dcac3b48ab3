"""All reads: recommendations, items, similar items."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.application.ports.time import PartOfBudget
from millstream.application.recommend.recommend import similar_items
from millstream.domain import fields
from millstream.domain.catalogue.publications import as_published
from millstream.domain.errors import NotFoundError, UnavailableError
from millstream.domain.slates.requests import RecommendationRequest, parse_count, parse_query, parse_request
from millstream.entrypoints.answers import places_body, slate_body
from millstream.entrypoints.http import Answer, Request, Routes, respond
from millstream.entrypoints.telemetry import Telemetry, instrumented, telemetry
from millstream.wiring.functions import Reading, reading

SLATE_LOG_S = 1.0
"""How long logging of the slate is retried while the customer waits; after that, the slate is returned anyway."""


def post_recommendations(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with a slate for the request in the body."""
    reads = _reading()
    wanted = parse_request(request.json(), reads.recommend.clock.now_ms(), reads.declared)
    return _slate(wanted, request, telemetry)


def get_recommendations(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with a slate for the user in the path."""
    return _slate(parse_query(request.path["user"], request.query), request, telemetry)


def _slate(wanted: RecommendationRequest, request: Request, telemetry: Telemetry) -> Answer:
    """The slate is logged first, but also returned if logging fails."""
    recommend = _reading().recommend
    slate = recommend(wanted, request.request_id)
    try:
        recommend.log_slate(wanted, slate, PartOfBudget(request.budget, SLATE_LOG_S))
    except UnavailableError as error:
        telemetry.count("SlatesNotLogged")
        telemetry.failed(error)
    telemetry.count("SlatesServed")
    if slate.degraded:
        telemetry.count("SlatesDegraded")
    return Answer(200, slate_body(wanted.user_id, slate))


def get_item(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with an item as last published."""
    item = _reading().catalogue.get(request.path["id"])
    if item is None:
        raise NotFoundError(f"item {request.path['id']!r} is not published")
    return Answer(200, as_published(item))


def get_items(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with a page of items, and the id after which the next page begins."""
    fields.only(request.query, ("n", "after"))
    n = parse_count(request.query)
    unreadable: list[str] = []

    def leave_out(key: str, error: Exception) -> None:
        unreadable.append(key)
        telemetry.failed(error)

    items = _reading().catalogue.page(n, request.query.get("after"), leave_out)
    following = items[-1].item_id if len(items) == n else None
    body = {"items": [as_published(item) for item in items], "after": following, "unreadable": len(unreadable)}
    return Answer(200, body)


def get_similar_items(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with the items that most often follow an item."""
    fields.only(request.query, ("n",))
    item_id = request.path["id"]
    if _reading().catalogue.get(item_id) is None:
        raise NotFoundError(f"item {item_id!r} is not published")
    places = similar_items(_reading().recommend.served, item_id, parse_count(request.query))
    return Answer(200, {"itemId": item_id, "itemList": places_body(places)})


ROUTES: Routes = {
    ("POST", "/recommendations"): post_recommendations,
    ("GET", "/recommendations/{user}"): get_recommendations,
    ("GET", "/items"): get_items,
    ("GET", "/items/{id}"): get_item,
    ("GET", "/items/{id}/similar"): get_similar_items,
}


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by API Gateway."""
    return respond(event, ROUTES, telemetry, budget)


def _reading() -> Reading:
    return reading(telemetry().failed)
