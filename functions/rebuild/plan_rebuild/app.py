"""PlanRebuild: plan the slices of the archive and the partitions of the users."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import Budget
from millstream.application.replay.plan import Choices
from millstream.entrypoints.state_machine import number, text, texts
from millstream.entrypoints.telemetry import Telemetry, instrumented
from millstream.wiring.rebuild import plan_rebuild


@instrumented
def handler(event: dict[str, Any], telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Called once. The execution's input may name the workspace of a failed rebuild, to resume it."""
    wanted = event["input"]
    name = text(wanted, "workspace") if "workspace" in wanted else text(event, "execution")
    choices = Choices(
        partitions=number(wanted, "partitions") if "partitions" in wanted else None,
        without=texts(wanted, "without") if "without" in wanted else (),
        accept_loss=number(wanted, "acceptLoss") if "acceptLoss" in wanted else 0,
    )
    plan = plan_rebuild()(name, choices)
    telemetry.count("SlicesPlanned", len(plan.slices))
    return {"workspace": name, "slices": len(plan.slices), "partitions": plan.partitions, "serving": plan.serving}
