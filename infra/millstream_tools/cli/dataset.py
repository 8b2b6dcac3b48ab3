"""`millstream dataset`: training sets from the log."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.progress import byte_bar
from millstream_tools.cli.target import StackName
from millstream_tools.cli.verify import print_loss
from millstream_tools.ops.stack import open_stack
from millstream_tools.places import STATE_FOLDER

SETS_FOLDER = STATE_FOLDER / "training-sets"

Until = Annotated[
    str | None,
    typer.Option(
        help="Last event: a position (shard:sequence-number), an ISO 8601 time, or seconds since 1970. Default: now."
    ),
]

app = typer.Typer(help="Training sets from the log.", no_args_is_help=True)


@app.callback()
def dataset() -> None:
    """Training sets from the log."""


@app.command()
def build(
    *,
    until: Until = None,
    into: Annotated[Path, typer.Option(help="The folder of all training sets.")] = SETS_FOLDER,
    stack: StackName = "",
) -> None:
    """Write the training set of the log up to a time or position, under the id that a model's card names."""
    # Imported here because the other commands do not need numpy and should start quickly.
    from millstream.application.learn.cut import parse_until
    from millstream.learning.training_set import store
    from millstream_tools.ops.learning import training_set

    with report_errors():
        cut = None if until is None else parse_until(until)
        training = training_set(open_stack(stack), cut, byte_bar, print_loss)
        folder = store(training, into)
    say = partial(console.print, highlight=False, markup=False, soft_wrap=True)
    say(f"{folder}")
    log = training.log
    if log is not None:
        say(f"  events: {log.events:,}, users: {log.users:,}, items: {len(training.data.items):,}")
        say(f"  records read: {log.records:,}, unreadable: {log.unreadable:,}")
        for _, last in log.shards:
            say(f"  up to {last}")
