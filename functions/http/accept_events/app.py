"""POST /events: append a client's events to the log."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.answers import receipt_body
from millstream.entrypoints.http import Answer, Request, Routes, respond
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.functions import accept_events


def post_events(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with 200 and the position if any event was accepted, else with 400 and the reasons."""
    receipt = accept_events()(request.json(), request.budget)
    telemetry.count("EventsAccepted", len(receipt.accepted))
    telemetry.count("EventsRejected", len(receipt.rejected))
    return Answer(200 if receipt.accepted else 400, receipt_body(receipt))


ROUTES: Routes = {("POST", "/events"): post_events}


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by API Gateway."""
    return respond(event, ROUTES, telemetry, budget)
