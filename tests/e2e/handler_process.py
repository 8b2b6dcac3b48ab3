"""Runs the real project_events handler in a process of its own, which may be killed in the middle or made forgetful.

    python handler_process.py [--kill-after N] [--forget] < event.json

`--kill-after N` ends the process by SIGKILL as soon as DynamoDB has answered its N-th write call. `--forget` takes the
watermark away: every record counts as new. Neither is known to the product's code.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3

from functions.stream.project_events.app import handler
from millstream.domain.views import trend_row, user_row

WRITES = ("PutItem", "TransactWriteItems", "BatchExecuteStatement")
CONTEXT = SimpleNamespace(
    function_name="project_events",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:project_events",
    aws_request_id="a-request",
    get_remaining_time_in_millis=lambda: 60_000,
)


def main() -> None:
    """Handle the event on the standard input; print the answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kill-after", type=int, default=0)
    parser.add_argument("--forget", action="store_true")
    options = parser.parse_args()
    if options.kill_after:
        kill_after(options.kill_after)
    if options.forget:
        forget_positions()
    answer = handler(json.load(sys.stdin), CONTEXT)
    # Behind the metrics, which the handler prints.
    sys.stdout.write(json.dumps(answer) + "\n")


def kill_after(writes: int) -> None:
    """Every client made from now on counts its writes, and the process does not survive the last."""
    session = boto3.Session()
    boto3.DEFAULT_SESSION = session
    counter = itertools.count(1)

    def count(**_: Any) -> None:
        if next(counter) == writes:
            os.kill(os.getpid(), signal.SIGKILL)

    for operation in WRITES:
        session.events.register(f"after-call.dynamodb.{operation}", count)


def forget_positions() -> None:
    """Rows that are read as if nothing had been folded into them yet."""
    for rows in (user_row, trend_row):
        setattr(rows, "unpack", _without_position(rows.unpack))  # noqa: B010  # broken on purpose, which no type allows


def _without_position(unpack: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def forgetful(row: bytes) -> Any:
        state = unpack(row)
        state.shard, state.sequence = -1, 0
        return state

    return forgetful


if __name__ == "__main__":
    main()
