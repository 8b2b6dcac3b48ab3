"""`millstream verify`: check the views against the log."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from millstream.adapters.local.fold_code import fold_code
from millstream.application.replay.users import Tally
from millstream.application.replay.verify import Verification
from millstream_tools.cli.console import console, counted, errors, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.row_differences import difference_lines
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.ops import replays
from millstream_tools.ops.stack import open_stack

app = typer.Typer()

Partitions = Annotated[
    int | None,
    typer.Option(min=1, help="Fold the users in this many parts, to use less memory; the result is the same."),
]


@app.command()
def verify(*, partitions: Partitions = None, as_json: AsJson = False, stack: StackName = "") -> None:
    """Compare every row of the views with a fresh fold of the log up to the same position. Changes nothing.

    Exits with status 1, and prints the rows and fields that differ, if any do.
    """
    began = time.monotonic()
    with report_errors():
        found = replays.verify(open_stack(stack), bar, partitions)
    if as_json:
        typer.echo(json.dumps(_as_json(found), indent=2))
    else:
        _print(found, time.monotonic() - began)
    if not found.equal:
        raise typer.Exit(1)


def tally_line(tally: Tally) -> str:
    """The counts of a log's events, as one line; they add up."""
    parts = [f"{tally.applied:,} applied", f"{tally.duplicates:,} duplicates"]
    parts += [f"{tally.uncounted:,} that change no user"] if tally.uncounted else []
    parts += [f"{tally.hidden:,} of erased users or void records"] if tally.hidden else []
    return f"{tally.events:,} events = {' + '.join(parts)}; {tally.dead:,} of {tally.records:,} records unreadable"


def _print(found: Verification, seconds: float) -> None:
    number = found.view.number
    if found.equal:
        what = f"{counted(found.users, 'user')} and {counted(len(found.reached), 'shard')}"
        console.print(f"View {number} matches the log: {what}.", highlight=False)
    else:
        errors.print(
            f"[bold red]View {number} does not match the log[/]: differences in {counted(found.different, 'row')}."
        )
    console.print(f"live     {found.live}\nlog      {found.log}", highlight=False)
    console.print(f"events   {tally_line(found.tally)}, in {seconds:.1f} s", highlight=False, soft_wrap=True)
    if found.view.fold_code not in {"", fold_code()}:
        errors.print("This view was folded by a different version of the code. Run `millstream rebuild` to renew it.")
    for difference in found.differences:
        for line in difference_lines(difference):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    if found.different > len(found.differences):
        console.print(f"… and {found.different - len(found.differences):,} more")
    if not found.equal:
        errors.print("Run `millstream rebuild` to make the views match the log.")


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "view": asdict(found.view),
        "live": found.live,
        "log": found.log,
        "users": found.users,
        "events": asdict(found.tally),
        "reached": {shard: str(sequence) for shard, sequence in found.reached.items()},
        "different": found.different,
        "differences": ["\n".join(difference_lines(one)) for one in found.differences],
    }
