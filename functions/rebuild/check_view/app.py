"""CheckView: read the new rows back."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.state_machine import number, text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import check_view


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called for each segment of the table, in parallel."""
    digest = check_view()(text(event, "workspace"), number(event, "segment"))
    telemetry.count("UserRowsReadBack", digest.rows)
    return {"rows": digest.rows}
