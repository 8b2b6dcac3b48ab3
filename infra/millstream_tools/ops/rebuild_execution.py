"""Start an execution of the stack's rebuild state machine, and follow it until it ends.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from millstream.application.replay.distributed import valid_name
from millstream.application.replay.plan import BY_DEFAULT, Choices
from millstream_tools.explained import ExplainedError
from millstream_tools.ops.stack import Stack

POLL_S = 2.0
RUNNING = ("RUNNING", "PENDING_REDRIVE")


class RebuildFailedError(ExplainedError):
    """The execution failed; the message has its ARN, the cause, and the command to resume it."""


@dataclass(frozen=True)
class MapRun:
    """The progress of one map state; failed and restarted runs are counted together."""

    state: str
    done: int
    total: int


Look = Callable[[list[MapRun]], None]
"""Called with the progress of the map states, in order, at each poll."""


def start(stack: Stack, workspace: str | None = None, choices: Choices = BY_DEFAULT) -> str:
    """Start an execution; `workspace` is the name of a failed execution to resume. Raises InvalidInputError."""
    wanted: dict[str, Any] = {}
    if workspace:
        wanted["workspace"] = valid_name(workspace)
    if choices.partitions:
        wanted["partitions"] = choices.partitions
    if choices.without:
        wanted["without"] = list(choices.without)
    if choices.accept_loss:
        wanted["acceptLoss"] = choices.accept_loss
    answer = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.output("RebuildArn"), input=json.dumps(wanted)
    )
    return str(answer["executionArn"])


def follow(stack: Stack, execution: str, look: Look, wait: Callable[[], None] | None = None) -> dict[str, Any]:
    """Poll an execution until it ends; return its output. Raises RebuildFailedError."""
    client = stack.client("stepfunctions")
    while True:
        described = client.describe_execution(executionArn=execution)
        look(map_runs(client, execution))
        if described["status"] not in RUNNING:
            break
        (wait or _wait)()
    if described["status"] != "SUCCEEDED":
        name = execution.rpartition(":")[2]
        reason = _first_failure(client, execution) or _reason(described) or "no reason given"
        raise RebuildFailedError(
            f"execution {execution} ended as {described['status']}: {reason}\n"
            f"The old view still serves. To resume: millstream rebuild --on-aws --resume {name}"
        )
    return dict(json.loads(described["output"]))


def map_runs(client: Any, execution: str) -> list[MapRun]:
    """The map states that were started, in order."""
    pages = client.get_paginator("list_map_runs").paginate(executionArn=execution)
    begun = sorted((run for page in pages for run in page["mapRuns"]), key=lambda run: run["startDate"])
    return [_described(client.describe_map_run(mapRunArn=run["mapRunArn"])) for run in begun]


def _first_failure(client: Any, execution: str) -> str:
    """Why the first item of a map state failed: the state itself only says that too many did. Empty if none did."""
    for page in client.get_paginator("list_map_runs").paginate(executionArn=execution):
        for run in page["mapRuns"]:
            failed = client.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED", maxResults=1)
            for item in failed["executions"]:
                return _reason(client.describe_execution(executionArn=item["executionArn"]))
    return ""


def _reason(described: dict[str, Any]) -> str:
    return f"{described.get('error', '')} {described.get('cause', '')}".strip()


def _described(run: dict[str, Any]) -> MapRun:
    # arn:...:mapRun:<machine>/<label>:<uuid>; the label is the state's name.
    state = run["mapRunArn"].rpartition("/")[2].partition(":")[0]
    counts = run["itemCounts"]
    return MapRun(state, counts["succeeded"], counts["total"])


def _wait() -> None:
    time.sleep(POLL_S)
