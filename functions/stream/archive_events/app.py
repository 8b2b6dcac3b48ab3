"""Archive a batch of one shard of the stream."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.stream import ALL_DONE, arrivals
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.functions import archive_events


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by Kinesis. A batch that cannot be stored fails as a whole and is redelivered."""
    batch = arrivals(event)
    archive_events()(batch, budget)
    telemetry.count("RecordsArchived", len(batch))
    return ALL_DONE
