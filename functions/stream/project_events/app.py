"""Project a batch of one shard into user rows and a trend row."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.stream import deliver_again_from, log_records
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.functions import project_events


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by Kinesis. Records that could not be stored are redelivered."""
    batch = log_records(event)
    projected = project_events()(batch[0].position.shard, batch, budget)
    telemetry.count("EventsApplied", projected.applied)
    telemetry.count("EventsKnown", projected.duplicates)
    telemetry.count("RecordsDead", projected.dead)
    telemetry.count("UserRowsWritten", projected.rows)
    telemetry.unreadable(projected.unreadable)
    return deliver_again_from(projected.failed_from)
