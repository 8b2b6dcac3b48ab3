"""The last state of a rebuild: the new version catches up with the stream and serves."""

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
"""What a batch of a thousand records takes, with its retries: the time is looked at between batches."""


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called when every row was read back, and again as long as it says that it is not done."""
    try:
        switched = switch_view()(text(event, "workspace"), AllBut(budget, ONE_BATCH_S))
    except NotDoneError as told:
        telemetry.logger.info(str(told))
        return {"done": False}
    telemetry.count("ViewsSwitched")
    return {"done": True, **asdict(switched)}
