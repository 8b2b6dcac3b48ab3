"""FoldTrends: fold the trend of a shard and write its row."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.application.ports.time import AllBut
from millstream.domain.errors import NotDoneError
from millstream.entrypoints.state_machine import text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import fold_trends

ONE_PIECE_S = 180
"""Time for the largest piece: the budget is checked between pieces."""


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called for each shard, and again while it raises NotDoneError."""
    try:
        fold_trends()(text(event, "workspace"), text(event, "shard"), AllBut(budget, ONE_PIECE_S))
    except NotDoneError as told:
        telemetry.logger.info(str(told))
        return {"done": False}
    return {"done": True}
