"""SplitStream: split the records of the stream after the archive, and create the new version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.state_machine import text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import split_stream


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called after the archive is split. After a timeout, the next call continues after the records already split."""
    return asdict(split_stream()(text(event, "workspace")))
