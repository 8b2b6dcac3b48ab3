"""`millstream dataset`: training sets from the log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import report_errors
from millstream_tools.cli.progress import byte_bar
from millstream_tools.cli.target import AsJson, StackName
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
    as_json: AsJson = False,
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
    found: dict[str, object] = {"folder": str(folder), "id": training.id}
    lines, log = [f"{folder}"], training.log
    if log is not None:
        items, up_to = len(training.data.items), [str(last) for _, last in log.shards]
        found |= {"events": log.events, "users": log.users, "items": items, "records": log.records}
        found |= {"unreadable": log.unreadable, "upTo": up_to}
        lines.append(f"  events: {log.events:,}, users: {log.users:,}, items: {items:,}")
        lines.append(f"  records read: {log.records:,}, unreadable: {log.unreadable:,}")
        lines += [f"  up to {last}" for last in up_to]
    answer(found, lines, as_json=as_json)
