"""SplitArchive: split a slice of the archive by user."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.state_machine import number, text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import split_archive


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called for each slice, in parallel."""
    piece = split_archive()(text(event, "workspace"), number(event, "slice"))
    telemetry.count("RecordsSplit", piece.records)
    return {"records": piece.records, "events": piece.events, "dead": piece.dead}
