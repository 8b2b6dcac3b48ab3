"""PUT /items: publish items to the catalogue."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.http import Answer, Request, Routes, respond
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.functions import publish_items


def put_items(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with 200 and the position if all items were published; otherwise none was."""
    published = publish_items()(request.json(), request.budget)
    telemetry.count("ItemsPublished", len(published.item_ids))
    return Answer(200, {"published": list(published.item_ids), "position": str(published.position)})


ROUTES: Routes = {("PUT", "/items"): put_items}


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by API Gateway."""
    return respond(event, ROUTES, telemetry, budget)
