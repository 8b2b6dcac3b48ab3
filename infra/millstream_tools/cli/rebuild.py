"""`millstream rebuild`: the views anew from the log, beside the ones that serve, and then in their place."""

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
from millstream_tools.cli.verify import Partitions, told
from millstream_tools.ops import replays
from millstream_tools.ops.stack import open_stack

app = typer.Typer()


@app.command()
def rebuild(
    *,
    partitions: Partitions = None,
    only_if_equal: Annotated[
        bool, typer.Option("--only-if-equal", help="Switch only if no row that serves differs from the log.")
    ] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Forget a rebuild that was interrupted.")] = False,
    on_aws: Annotated[bool, typer.Option("--on-aws", help="On many machines: by the stack's state machine.")] = False,
    resume: Annotated[str, typer.Option("--resume", help="With --on-aws: the execution to go on with.")] = "",
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Fold archive and stream into a new version of the views while the old one serves, check it, and switch to it.

    Interrupted at any point, it goes on there when called again. The old version stays until `millstream views drop`.
    """
    if on_aws:
        if only_if_equal or afresh:
            raise typer.BadParameter("--only-if-equal and --afresh are for a rebuild in this process, not --on-aws")
        with report_errors():
            rebuild_on_aws(open_stack(stack), partitions, resume or None, as_json=as_json)
        return
    if resume:
        raise typer.BadParameter("--resume is for --on-aws; here a rebuild goes on by itself")
    began = time.monotonic()
    try:
        with report_errors():
            where = open_stack(stack)
            done = replays.rebuild(where, bar, partitions, only_if_equal=only_if_equal, afresh=afresh)
    except KeyboardInterrupt:
        console.print("Interrupted. `millstream rebuild` resumes it; `millstream views list` says which view serves.")
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
    else:
        _print(done, time.monotonic() - began)
    with report_errors():
        letters = len(filed_letters(where.dead_letters()))
    if letters:
        errors.print(
            f"{letters} dead letters are held, and are in no view. Redrive or discard them, see `millstream dlq list`: "
            "code that can read them would fold them where they lie at the next rebuild.",
            soft_wrap=True,
        )


def _print(done: Rebuilt, seconds: float) -> None:
    console.print(
        f"View {done.version.number} serves: {counted(done.rows, 'user')}, "
        f"{counted(len(done.version.amended_to), 'shard')}, "
        f"in {seconds:.1f} s.\ndigest   {done.digest}",
        highlight=False,
    )
    console.print(f"events   {told(done.tally)}", highlight=False, soft_wrap=True)
    if done.different or done.missing:
        found = f"{done.different:,} of its rows are not what the log says now, {done.missing:,} users are missing"
    else:
        found = "each of its rows was what the log says, at the row's own position"
    console.print(f"View {done.replaced} served before: {found}.", highlight=False, soft_wrap=True)
    console.print(f"         live {done.live}\n         log  {done.log}", highlight=False)
    console.print(f"It is kept: `millstream views drop {done.replaced}` deletes its rows.", highlight=False)
