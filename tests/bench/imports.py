"""What a fresh interpreter pays to import each function, in CPU time: a cold start's part that is ours.

Each measurement is a process of its own, taken in turns. The bare interpreter is in every figure. The peers are what no
model server in Python can leave out (numpy and onnxruntime) and the usual set of a Lambda function that uses one.
Reading a package from a zip or a layer, Lambda's own start and the making of clients are not in here.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measuring import Timing
from tests.bench.reporting import Gate, Report, Table

ROOT = Path(__file__).parents[2]
NOT_FOR_ACCEPT_EVENTS = ("numpy", "onnxruntime", "pynamodb")

_EDGE = "aws_lambda_powertools, aws_lambda_powertools.event_handler, aws_xray_sdk.core"
STATEMENTS = {
    "bare interpreter": "pass",
    "numpy, onnxruntime": "import numpy, onnxruntime",
    "boto3": "import boto3",
    "usual set: boto3, Powertools, pydantic": f"import boto3, pydantic, {_EDGE}",
    "usual set with onnxruntime": f"import boto3, pydantic, onnxruntime, {_EDGE}",
    "accept_events": "import functions.http.accept_events.app",
    "project_events": "import functions.stream.project_events.app, millstream.adapters.aws.dynamo_feature_store",
    "archive_events": "import functions.stream.archive_events.app, millstream.adapters.aws.s3_archive",
    "publish_items": "import functions.http.publish_items.app, millstream.adapters.aws.dynamo_catalogue",
    "recommend, before its first request": "import functions.http.recommend.app",
    "recommend": (
        "import functions.http.recommend.app, millstream.adapters.aws.dynamo_feature_store, "
        "millstream.adapters.aws.dynamo_catalogue, millstream.adapters.aws.s3_model_store, "
        "millstream.scoring.onnx_scorer"
    ),
}
"""What is measured; a function with what it imports at its first request."""


@dataclass(frozen=True)
class Size:
    """How often each is imported, and which."""

    rounds: int = 15
    names: tuple[str, ...] = tuple(STATEMENTS)


FULL = Size()
TINY = Size(rounds=1, names=("bare interpreter", "numpy, onnxruntime", "accept_events"))


def run(size: Size = FULL) -> Report:
    """Measure in turns, and look at what accept_events brings along."""
    timings = {name: Timing(name) for name in size.names}
    for number in range(-1, size.rounds):
        for name, timing in timings.items():
            seconds = cpu_seconds_of(STATEMENTS[name])
            if number >= 0:
                timing.rounds.append(seconds)
    bare, runtime = timings["bare interpreter"], timings["numpy, onnxruntime"]
    rows = tuple(
        (
            timing.name,
            1e3 * timing.median,
            1e3 * timing.best,
            1e3 * (timing.median - bare.median),
            runtime.ratio_to(timing),
        )
        for timing in timings.values()
    )
    columns = ("", "CPU ms median", "best", "over bare", "÷ numpy, onnxruntime")
    return Report("imports", (Table("Importing, in a fresh interpreter", columns, rows),), (_lean_gate(),))


def cpu_seconds_of(statement: str) -> float:
    """User and system time of a process that runs one statement. Raises ChildProcessError if it fails."""
    _, status, used = os.wait4(_started(statement), 0)
    if status:
        raise ChildProcessError(f"{statement!r} failed with status {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def _started(statement: str) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    return os.posix_spawn(sys.executable, [sys.executable, "-c", statement], environment)


def _lean_gate() -> Gate:
    """A second process tells what is loaded by its exit status."""
    unwanted = set(NOT_FOR_ACCEPT_EVENTS)
    check = f"import sys, functions.http.accept_events.app; sys.exit(len({unwanted!r} & set(sys.modules)))"
    _, status, _ = os.wait4(_started(check), 0)
    loaded = os.waitstatus_to_exitcode(status)
    promise = f"accept_events imports none of {', '.join(NOT_FOR_ACCEPT_EVENTS)}"
    return Gate(promise, f"{loaded} of them", not loaded)
