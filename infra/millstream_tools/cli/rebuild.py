"""`millstream rebuild`: rebuild the views from the log and switch to them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from millstream.application.project.letters import filed_letters
from millstream.application.replay.rebuild import Rebuilt
from millstream_tools.cli.console import console, counted, errors, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.rebuild_on_aws import rebuild_on_aws
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.cli.verify import Partitions, tally_line
from millstream_tools.ops import replays
from millstream_tools.ops.stack import open_stack

app = typer.Typer()


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
    resume: Annotated[str, typer.Option("--resume", help="With --on-aws: the failed execution to resume.")] = "",
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Fold archive and stream into a new version of the views while the old one serves, check it, and switch to it.

    An interrupted rebuild resumes when run again. The old version is kept until `millstream views drop`.
    """
    if on_aws:
        if only_if_equal or afresh:
            raise typer.BadParameter("--only-if-equal and --afresh cannot be used with --on-aws")
        with report_errors():
            rebuild_on_aws(open_stack(stack), partitions, resume or None, as_json=as_json)
        return
    if resume:
        raise typer.BadParameter("--resume needs --on-aws; a local rebuild resumes by itself")
    began = time.monotonic()
    try:
        with report_errors():
            where = open_stack(stack)
            done = replays.rebuild(where, bar, partitions, only_if_equal=only_if_equal, afresh=afresh)
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
    if letters:
        errors.print(
            f"{letters} dead letters are in no view. Redrive or discard them, see `millstream dlq list`. "
            "If newer code can read them, the next rebuild includes them.",
            soft_wrap=True,
        )


def _print(done: Rebuilt, seconds: float) -> None:
    console.print(
        f"View {done.version.number} serves: {counted(done.rows, 'user')}, "
        f"{counted(len(done.version.amended_to), 'shard')}, "
        f"in {seconds:.1f} s.\ndigest   {done.digest}",
        highlight=False,
    )
    console.print(f"events   {tally_line(done.tally)}", highlight=False, soft_wrap=True)
    if done.different or done.missing:
        found = f"{counted(done.different, 'row')} differed from the log, {counted(done.missing, 'user')} missing"
    else:
        found = "every row matched the log, each at its own position"
    console.print(f"View {done.replaced} served before: {found}.", highlight=False, soft_wrap=True)
    console.print(f"         live {done.live}\n         log  {done.log}", highlight=False)
    console.print(f"It is kept. Run `millstream views drop {done.replaced}` to delete its rows.", highlight=False)
