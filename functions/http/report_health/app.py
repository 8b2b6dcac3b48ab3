"""GET /health: whether recommendations can be computed from what is stored. Small, because it is open to everybody."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.application.recommend.health import Health
from millstream.entrypoints.http import Answer, Request, Routes, respond
from millstream.entrypoints.telemetry import Telemetry, instrumented, telemetry
from millstream.wiring.functions import health


def get_health(request: Request, telemetry: Telemetry) -> Answer:
    """Respond with the champion, and with what cannot be read."""
    found = _health()
    status = "degraded" if found.degraded else "ok"
    return Answer(200, {"status": status, "modelVersion": found.model_version, "degraded": list(found.degraded)})


ROUTES: Routes = {("GET", "/health"): get_health}


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by API Gateway."""
    return respond(event, ROUTES, telemetry, budget)


def _health() -> Health:
    return health(telemetry().failed)()
