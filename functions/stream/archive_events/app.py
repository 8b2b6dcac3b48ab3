"""The stream's archivist: one shard's batch goes to the log's long memory."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.stream import ALL_DONE, arrivals
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.functions import archive_events


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Triggered by Kinesis; a batch that cannot be stored fails as a whole and is delivered again."""
    batch = arrivals(event)
    archive_events()(batch, budget)
    telemetry.count("RecordsArchived", len(batch))
    return ALL_DONE
