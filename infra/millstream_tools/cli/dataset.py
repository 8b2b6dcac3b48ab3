"""`millstream dataset`: training sets as of a moment."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.progress import byte_bar
from millstream_tools.cli.target import StackName
from millstream_tools.ops.stack import open_stack
from millstream_tools.places import STATE_FOLDER

if TYPE_CHECKING:
    from millstream_tools.ops.training_sets.building import TrainingSet

SETS_FOLDER = STATE_FOLDER / "training-sets"
REASONS_SHOWN = 10

app = typer.Typer(help="Training sets as of a moment.", no_args_is_help=True)


@app.callback()
def dataset() -> None:
    """Training sets as of a moment."""


@app.command()
def build(
    *,
    until: Annotated[
        str, typer.Option(help="A position (shard:sequence-number), an ISO 8601 time, or seconds since 1970.")
    ],
    into: Annotated[Path, typer.Option(help="The folder of all sets.")] = SETS_FOLDER,
    stack: StackName = "",
) -> None:
    """Write each event that counted with what was known of its user before it; the set is named after its making."""
    # Here, because the other commands do without pyarrow and should start at once.
    from millstream_tools.ops.training_sets import building
    from millstream_tools.ops.training_sets.cut import parse_until

    with report_errors():
        cut = parse_until(until)
        archive = open_stack(stack).archive()
        # Each stored byte twice: to find the range, and to fold it.
        with byte_bar("Reading", 2 * sum(slice_.stored_bytes for slice_ in archive.slices())) as advance:
            made = building.build(archive, cut, into, advance)
        _print(made)


def _print(made: TrainingSet) -> None:
    manifest = made.manifest
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    say(f"{made.folder}{'' if made.fresh else ' was there already'}")
    say(f"  rows: {manifest['rows']:,}, users: {manifest['users']:,}, records read: {manifest['records']:,}")
    for shard, last in manifest["log"].items():
        say(f"  {shard} up to {last}")
    reasons = list(manifest["unreadable"].items())
    if reasons:
        say(f"  records that nobody can read: {len(reasons):,} (all of them are in the manifest)")
        for position, reason in reasons[:REASONS_SHOWN]:
            say(f"    {position}  {reason}")
