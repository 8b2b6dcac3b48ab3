"""FoldUsers: fold the users of a partition and write their rows."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.state_machine import number, text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import fold_users


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called for each partition, in parallel."""
    folded = fold_users()(text(event, "workspace"), number(event, "partition"), budget)
    telemetry.count("EventsRefolded", folded.tally.events)
    telemetry.count("UserRowsRebuilt", folded.rows)
    return {"events": folded.tally.events, "rows": folded.rows}
