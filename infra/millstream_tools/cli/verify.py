"""`millstream verify`: check the views against the log."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from millstream.adapters.local.fold_code import fold_code
from millstream.application.collect.completeness import Hole
from millstream.application.replay.users import Tally
from millstream.application.replay.verify import Verification
from millstream_tools.cli.console import console, counted, errors, report_errors
from millstream_tools.cli.import_shown import behind_as_json, behind_lines
from millstream_tools.cli.progress import bar
from millstream_tools.cli.row_differences import difference_lines
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.ops import replays
from millstream_tools.ops.stack import open_stack
from millstream_tools.terminal import escape

app = typer.Typer()
FOREIGN_SHOWN = 3

Partitions = Annotated[
    int | None,
    typer.Option(min=1, help="Fold the users in this many parts, to use less memory; the result is the same."),
]


@app.command()
def verify(
    *,
    partitions: Partitions = None,
    accept_loss: Annotated[
        int, typer.Option(min=0, help="Do not fail because of this many records that are lost.")
    ] = 0,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Compare every row of the views with a fresh fold of the log up to the same position. Changes nothing.

    Exits with status 1, and prints the rows and fields that differ, if any do, and the imports that the views do not
    have yet.
    """
    began = time.monotonic()
    with report_errors():
        found = replays.verify(open_stack(stack), bar, partitions)
    if as_json:
        typer.echo(json.dumps(_as_json(found), indent=2))
    else:
        _print(found, time.monotonic() - began)
    accepted = sum(piece.lost for piece in found.lost) <= accept_loss
    if found.different or found.unreadable or found.waiting or not accepted:
        raise typer.Exit(1)


def tally_line(tally: Tally) -> str:
    """The counts of a log's events, as one line; they add up."""
    parts = [f"{tally.applied:,} applied", f"{tally.duplicates:,} duplicates"]
    parts += [f"{tally.uncounted:,} that change no user"] if tally.uncounted else []
    parts += [f"{tally.hidden:,} of erased users or void records"] if tally.hidden else []
    return f"{tally.events:,} events = {' + '.join(parts)}; {tally.dead:,} of {tally.records:,} records unreadable"


def print_left_out(unreadable: Sequence[str], foreign: Mapping[str, str]) -> None:
    """Name the archive's objects that could not be read, and other keys under its prefix."""
    for name in unreadable:
        errors.print(f"unreadable, left out: {name}", highlight=False, markup=False, soft_wrap=True)
    if foreign:
        errors.print(f"{counted(len(foreign), 'key')} under the archive's prefix left out:", highlight=False)
    for reason in list(foreign.values())[:FOREIGN_SHOWN]:
        errors.print(f"  {reason}", highlight=False, markup=False, soft_wrap=True)


def print_loss(hole: Hole) -> None:
    """Name a hole in the log that what is computed from it is without."""
    lost = f"{counted(hole.records, 'record')} of {hole.shard} between {hole.after} and {hole.before}"
    errors.print(f"left out, neither in the archive nor in the stream: {lost}", highlight=False, soft_wrap=True)


def _print(found: Verification, seconds: float) -> None:
    number = found.view.number
    if found.equal or (found.waiting and not found.different):
        what = f"{counted(found.users, 'user')} and {counted(len(found.reached), 'shard')}"
        of = "what it was built from" if found.waiting else "the log"
        console.print(f"View {number} matches {of}: {what}.", highlight=False)
    elif found.different:
        errors.print(
            f"[bold red]View {number} does not match the log[/]: differences in {counted(found.different, 'row')}."
        )
    for line in behind_lines(found.waiting, found.void):
        errors.print(line, highlight=False, soft_wrap=True)
    _print_missing(found)
    print_left_out(found.unreadable, found.foreign)
    console.print(f"live     {found.live}\nlog      {found.log}", highlight=False)
    console.print(f"events   {tally_line(found.tally)}, in {seconds:.1f} s", highlight=False, soft_wrap=True)
    if found.view.fold_code not in {"", fold_code()}:
        errors.print("This view was folded by a different version of the code. Run `millstream rebuild` to renew it.")
    for difference in found.differences:
        for line in difference_lines(difference):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    if found.different > len(found.differences):
        console.print(f"… and {found.different - len(found.differences):,} more")
    if found.lost or found.held or found.unreadable:
        repair = " ".join(("millstream archive repair", *found.unreadable))
        errors.print(
            f"Run `{escape(repair)}` while the stream holds the records (a week), or restore the objects: the bucket "
            "keeps deleted and overwritten versions.",
            highlight=False,
            soft_wrap=True,
        )
    elif found.different:
        errors.print("Run `millstream rebuild` to make the views match the log.")


def _print_missing(found: Verification) -> None:
    """What the archive lacks, and what nothing has."""
    for piece in found.lost:
        errors.print(
            f"[bold red]The log is incomplete[/]: {counted(piece.lost, 'record')} of {piece.shard} up to {piece.last} "
            "are neither in the archive nor in the stream.",
            highlight=False,
            soft_wrap=True,
        )
    for piece in found.held:
        errors.print(
            f"[bold red]The archive is incomplete[/]: {counted(piece.records, 'record')} of {piece.shard} up to "
            f"{piece.last} are only in the stream, which forgets them after a week.",
            highlight=False,
            soft_wrap=True,
        )


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "equal": found.equal,
        "view": asdict(found.view),
        "live": found.live,
        "log": found.log,
        "users": found.users,
        "events": asdict(found.tally),
        **behind_as_json(found.waiting, found.void),
        "reached": {shard: str(sequence) for shard, sequence in found.reached.items()},
        "onlyInStream": [{"shard": one.shard, "upTo": str(one.last), "records": one.records} for one in found.held],
        "lost": [{"shard": one.shard, "upTo": str(one.last), "records": one.lost} for one in found.lost],
        "unreadable": list(found.unreadable),
        "foreign": dict(found.foreign),
        "different": found.different,
        "differences": ["\n".join(difference_lines(one)) for one in found.differences],
    }
