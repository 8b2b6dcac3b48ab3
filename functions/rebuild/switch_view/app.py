"""SwitchView: let the new version catch up with the stream and serve."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from millstream.application.ports import Budget
from millstream.application.ports.time import AllBut
from millstream.domain.errors import NotDoneError
from millstream.entrypoints.state_machine import text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import switch_view

ONE_BATCH_S = 30
"""Time for a batch of a thousand records with retries: the budget is checked between batches."""


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called after all rows were read back, and again while it raises NotDoneError."""
    try:
        switched = switch_view()(text(event, "workspace"), AllBut(budget, ONE_BATCH_S))
    except NotDoneError as told:
        telemetry.logger.info(str(told))
        return {"done": False}
    telemetry.count("ViewsSwitched")
    return {"done": True, **asdict(switched)}
