"""PlanRebuild: plan the slices of the archive and the partitions of the users."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.entrypoints.state_machine import number, text
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import plan_rebuild


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called once. The execution's input may name the workspace of a failed rebuild, to resume it."""
    wanted = event["input"]
    name = text(wanted, "workspace") if "workspace" in wanted else text(event, "execution")
    partitions = number(wanted, "partitions") if "partitions" in wanted else None
    plan = plan_rebuild()(name, partitions)
    telemetry.count("SlicesPlanned", len(plan.slices))
    return {"workspace": name, "slices": len(plan.slices), "partitions": plan.partitions, "serving": plan.serving}
