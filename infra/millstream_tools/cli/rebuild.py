"""`millstream rebuild`: rebuild the views from the log and switch to them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from millstream.application.ports import UnreadableObjectError
from millstream.application.project.letters import filed_letters
from millstream.application.replay.building import LostRecordsError
from millstream.application.replay.plan import Choices
from millstream.application.replay.rebuild import Rebuilt
from millstream_tools.cli.console import console, counted, errors, report_errors
from millstream_tools.cli.import_shown import behind_lines
from millstream_tools.cli.progress import bar
from millstream_tools.cli.rebuild_on_aws import rebuild_on_aws
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.cli.verify import Partitions, print_left_out, tally_line
from millstream_tools.explained import ExplainedError
from millstream_tools.ops import replays
from millstream_tools.ops.imports.following import views_behind
from millstream_tools.ops.stack import Stack, open_stack

app = typer.Typer()


class IncompleteLogError(ExplainedError):
    """The log lacks accepted records; the message says which, and how to go on."""


@app.command()
def rebuild(
    *,
    partitions: Partitions = None,
    only_if_equal: Annotated[
        bool, typer.Option("--only-if-equal", help="Switch only if no serving row differs from the log.")
    ] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Start again instead of resuming an interrupted rebuild.")
    ] = False,
    on_aws: Annotated[bool, typer.Option("--on-aws", help="Run distributed, as the stack's state machine.")] = False,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave out this object of the archive. Repeatable.")
    ] = None,
    accept_loss: Annotated[
        int,
        typer.Option(min=0, help="Rebuild although this many records are neither in the archive nor in the stream."),
    ] = 0,
    resume: Annotated[str, typer.Option("--resume", help="With --on-aws: the failed execution to resume.")] = "",
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Fold archive and stream into a new version of the views while the old one serves, check it, and switch to it.

    An interrupted rebuild resumes when run again. The old version is kept until `millstream views drop`.
    """
    choices = Choices(partitions, tuple(without or ()), accept_loss)
    if on_aws:
        if only_if_equal or afresh:
            raise typer.BadParameter("--only-if-equal and --afresh cannot be used with --on-aws")
        with report_errors():
            where = open_stack(stack)
            rebuild_on_aws(where, choices, resume or None, as_json=as_json)
            _say_what_is_behind(where)
        return
    if resume:
        raise typer.BadParameter("--resume needs --on-aws; a local rebuild resumes by itself")
    began = time.monotonic()
    try:
        with report_errors(), _incomplete_log():
            where = open_stack(stack)
            done = replays.rebuild(where, bar, choices, only_if_equal=only_if_equal, afresh=afresh)
    except KeyboardInterrupt:
        console.print(
            "Interrupted. Run `millstream rebuild` to resume; `millstream views list` shows the serving view."
        )
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
    else:
        _print(done, time.monotonic() - began)
    with report_errors():
        letters = len(filed_letters(where.dead_letters()))
        _say_what_is_behind(where)
    if letters:
        errors.print(
            f"{letters} dead letters are in no view. Redrive or discard them, see `millstream dlq list`. "
            "If newer code can read them, the next rebuild includes them.",
            soft_wrap=True,
        )


@contextmanager
def _incomplete_log() -> Iterator[None]:
    """Say how to go on when the log is incomplete."""
    try:
        yield
    except LostRecordsError as error:
        raise IncompleteLogError(
            f"{error}. The old view still serves. Restore the archive's objects (the bucket keeps deleted "
            f"versions), or accept the loss: millstream rebuild --accept-loss {error.records}"
        ) from error
    except UnreadableObjectError as error:
        raise IncompleteLogError(
            f"{error}. The old view still serves. Restore the object (the bucket keeps overwritten versions), "
            f"or leave its records out: millstream rebuild --without {error.name}"
        ) from error


def _say_what_is_behind(stack: Stack) -> None:
    """A rebuild that was planned before an import, or read the log before it was void, does not have that."""
    for line in behind_lines(*views_behind(stack)):
        errors.print(line, highlight=False, soft_wrap=True)


def _print(done: Rebuilt, seconds: float) -> None:
    console.print(
        f"View {done.version.number} serves: {counted(done.rows, 'user')}, "
        f"{counted(len(done.version.amended_to), 'shard')}, "
        f"in {seconds:.1f} s.\ndigest   {done.digest}",
        highlight=False,
    )
    console.print(f"events   {tally_line(done.tally)}", highlight=False, soft_wrap=True)
    if done.lost:
        errors.print(f"{counted(done.lost, 'record')} of the log are lost and in no view, as accepted.")
    print_left_out(done.unreadable, done.foreign)
    if done.different or done.missing:
        found = f"{counted(done.different, 'row')} differed from the log, {counted(done.missing, 'user')} missing"
    else:
        found = "every row matched the log, each at its own position"
    if done.added:
        found += f"; it did not have import {', '.join(map(str, done.added))}"
    console.print(f"View {done.replaced} served before: {found}.", highlight=False, soft_wrap=True)
    console.print(f"         live {done.live}\n         log  {done.log}", highlight=False)
    console.print(f"It is kept. Run `millstream views drop {done.replaced}` to delete its rows.", highlight=False)
