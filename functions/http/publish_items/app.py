"""Publish, change and delete items of the catalogue."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.domain.catalogue.publications import as_published
from millstream.entrypoints.http import Answer, Request, Routes, respond
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.functions import publish_items, revise_item


def put_items(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with 200 and the position if all items were published; otherwise none was."""
    published = publish_items()(request.json(), request.budget)
    telemetry.count("ItemsPublished", len(published.item_ids))
    return Answer(200, {"published": list(published.item_ids), "position": str(published.position)})


def patch_item(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with the changed item and the position."""
    revised = revise_item().patch(request.path["id"], request.json(), request.budget)
    telemetry.count("ItemsPublished")
    return Answer(200, {"item": as_published(revised.item), "position": str(revised.position)})


def delete_item(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with the id of the deleted item and the position."""
    revised = revise_item().delete(request.path["id"], request.budget)
    telemetry.count("ItemsDeleted")
    return Answer(200, {"deleted": revised.item.item_id, "position": str(revised.position)})


ROUTES: Routes = {
    ("PUT", "/items"): put_items,
    ("PATCH", "/items/{id}"): patch_item,
    ("DELETE", "/items/{id}"): delete_item,
}


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by API Gateway."""
    return respond(event, ROUTES, telemetry, budget)
