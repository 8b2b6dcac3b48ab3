"""`millstream rebuild --on-aws`: start the stack's rebuild state machine and follow it."""

from __future__ import annotations

import json
import time
from typing import Any

import typer
from rich.live import Live
from rich.table import Table

from millstream.application.replay.plan import Choices
from millstream.application.replay.users import Tally
from millstream_tools.cli.console import console, errors
from millstream_tools.cli.verify import tally_line
from millstream_tools.ops import rebuild_execution
from millstream_tools.ops.rebuild_execution import MapRun
from millstream_tools.ops.stack import Stack

WHAT = {
    "SplitArchive": "archive slices split",
    "FoldUsers": "user partitions folded",
    "FoldTrends": "trends folded",
    "CheckView": "row segments checked",
}


def rebuild_on_aws(stack: Stack, choices: Choices, resume: str | None, *, as_json: bool) -> None:
    """Start an execution and follow it to its end. Raises RebuildFailedError.

    Ctrl-C ends the following only: the execution continues.
    """
    began = time.monotonic()
    execution = rebuild_execution.start(stack, resume, choices)
    errors.print(f"Execution {execution}", highlight=False, soft_wrap=True)
    try:
        # On a terminal only: elsewhere every update would print a line.
        with Live(console=errors, transient=True, auto_refresh=False) as live:

            def show(runs: list[MapRun]) -> None:
                if errors.is_terminal:
                    live.update(_table(runs), refresh=True)

            done = rebuild_execution.follow(stack, execution, show)
    except KeyboardInterrupt:
        errors.print(f"The execution continues. To stop it: {_stop_command(stack, execution)}", soft_wrap=True)
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
    console.print(f"events   {tally_line(Tally(**done['tally']))}", highlight=False, soft_wrap=True)
    console.print(
        f"View {done['replaced']} is kept. Run `millstream views drop {done['replaced']}` to delete its rows.",
        highlight=False,
    )


def _stop_command(stack: Stack, execution: str) -> str:
    return f"aws stepfunctions stop-execution --region {stack.region} --execution-arn {execution}"
