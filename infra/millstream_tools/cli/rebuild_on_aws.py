"""`millstream rebuild --on-aws`: the stack's own state machine does it; here it is started and watched."""

from __future__ import annotations

import json
import time
from typing import Any

import typer
from rich.live import Live
from rich.table import Table

from millstream.application.replay.users import Tally
from millstream_tools.cli.console import console, errors
from millstream_tools.cli.verify import told
from millstream_tools.ops import rebuild_execution
from millstream_tools.ops.rebuild_execution import MapRun
from millstream_tools.ops.stack import Stack

WHAT = {
    "SplitArchive": "slices of the archive divided",
    "FoldUsers": "partitions of the users folded",
    "FoldTrends": "trends folded",
    "CheckView": "segments of rows read back",
}


def rebuild_on_aws(stack: Stack, partitions: int | None, resume: str | None, *, as_json: bool) -> None:
    """Start an execution and follow it to its end. Raises RebuildFailedError.

    Interrupted, it only looks away: the execution goes on.
    """
    began = time.monotonic()
    execution = rebuild_execution.start(stack, resume, partitions)
    errors.print(f"Execution {execution}", highlight=False, soft_wrap=True)
    try:
        # On a terminal only: elsewhere every look would be a line.
        with Live(console=errors, transient=True, auto_refresh=False) as live:

            def look(runs: list[MapRun]) -> None:
                if errors.is_terminal:
                    live.update(_table(runs), refresh=True)

            done = rebuild_execution.follow(stack, execution, look)
    except KeyboardInterrupt:
        errors.print(f"Looked away; the execution goes on. To stop it: {_stopping(stack, execution)}", soft_wrap=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(done, indent=2))
    else:
        _print(done, time.monotonic() - began)


def _table(runs: list[MapRun]) -> Table:
    table = Table.grid(padding=(0, 2))
    for run in runs:
        table.add_row(f"{run.done:,} of {run.total:,}", WHAT.get(run.state, run.state))
    return table


def _print(done: dict[str, Any], seconds: float) -> None:
    console.print(
        f"View {done['view']} serves: {done['rows']:,} users, in {seconds:.1f} s.\ndigest   {done['digest']}",
        highlight=False,
    )
    console.print(f"events   {told(Tally(**done['tally']))}", highlight=False, soft_wrap=True)
    console.print(
        f"View {done['replaced']} is kept: `millstream views drop {done['replaced']}` deletes its rows.",
        highlight=False,
    )


def _stopping(stack: Stack, execution: str) -> str:
    return f"aws stepfunctions stop-execution --region {stack.region} --execution-arn {execution}"
