"""A rebuild divides what the stream holds behind the archive, and begins the new version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.state_machine import text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import split_stream


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called once the archive is divided. If its time is over first, the next call goes on behind what was divided."""
    return asdict(split_stream()(text(event, "workspace")))
