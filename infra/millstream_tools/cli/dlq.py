"""`millstream dlq`: list, show, redrive and discard dead letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.project.discard_letter import DiscardLetter
from millstream.application.project.letters import FiledLetter, filed_letter, filed_letters
from millstream.application.project.redrive_letter import NotRedrivableError, RedriveLetter
from millstream.domain.errors import InvalidRecordError, MillstreamError
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, errors, print_line, report_errors
from millstream_tools.cli.letters_shown import as_lines, content, heading, listing, stored_bytes
from millstream_tools.cli.record_file import record_bytes
from millstream_tools.cli.target import AsJson, StackName, Yes
from millstream_tools.ops.stack import Stack, open_stack
from millstream_tools.terminal import escape, json_text

app = typer.Typer(help="Dead letters: records that could not be processed, with the reason.", no_args_is_help=True)

EMPTY = "There are no dead letters."
Which = Annotated[str | None, typer.Argument(metavar="POSITION", help="As printed by `millstream dlq list`.")]
EveryLetter = Annotated[bool, typer.Option("--all", help="Every dead letter.")]


@app.command("list")
def list_letters(*, as_json: AsJson = False, stack: StackName = "") -> None:
    """List the dead letters: the record's position, the reason, how often it failed, and when it first did."""
    with report_errors():
        letters = filed_letters(open_stack(stack).dead_letters())
    if as_json:
        typer.echo(json_text([heading(filed) for filed in letters]))
    elif not letters:
        console.print(EMPTY)
    else:
        typer.echo(listing(letters))


@app.command()
def show(
    position: Annotated[str, typer.Argument(help="As printed by `millstream dlq list`.")],
    *,
    raw: Annotated[Path | None, typer.Option(help="Also write the record's bytes to this file.")] = None,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Print one dead letter: the reason, the first bytes, and the readable part of the record."""
    with report_errors():
        filed = filed_letter(open_stack(stack).dead_letters(), position)
        if raw is not None:
            raw.write_bytes(stored_bytes(filed))
    fields = heading(filed) | content(filed)
    if as_json:
        typer.echo(json_text(fields))
        return
    for line in as_lines(fields):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def redrive(
    position: Which = None,
    *,
    repaired: Annotated[
        Path | None,
        typer.Option("--with", help="A file with the repaired record: bytes, or JSON as printed by `show --json`."),
    ] = None,
    every: EveryLetter = False,
    yes: Yes = False,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Append a dead letter's record to the log again, so that it is folded. A failed archive batch is archived."""
    if every and repaired is not None:
        raise typer.BadParameter("--with repairs one record: give its POSITION", param_hint="--with")
    with report_errors():
        where = open_stack(stack)
        data = None if repaired is None else record_bytes(repaired)
        redrive_letter = RedriveLetter(
            where.dead_letters(),
            where.event_log(),
            where.archive(),
            where.log_reader(),
            SystemClock(),
            where.output("ArchiveEventsName"),
        )

        def once(filed: FiledLetter) -> str:
            try:
                redriven = redrive_letter(filed, data)
            except InvalidRecordError as error:
                raise NotRedrivableError(f"it would fail again: {error}; repair it and use --with FILE") from error
            return f"{redriven.archived} records archived" if redriven.position is None else f"now {redriven.position}"

        _each(where, position, every, yes, "Redrive", once, as_json=as_json)


@app.command()
def discard(
    position: Which = None,
    *,
    every: EveryLetter = False,
    yes: Yes = False,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Discard a dead letter's record for good: it is marked void in the log, and the letter is deleted."""
    with report_errors():
        where = open_stack(stack)
        discard_letter = DiscardLetter(where.dead_letters(), where.event_log(), SystemClock())

        def once(filed: FiledLetter) -> str:
            discard_letter(filed)
            return "discarded"

        _each(where, position, every, yes, "Discard", once, as_json=as_json)


def _each(
    where: Stack,
    position: str | None,
    every: bool,
    yes: bool,
    verb: str,
    once: Callable[[FiledLetter], str],
    *,
    as_json: bool,
) -> None:
    """Apply `once` to one letter or, after confirmation, to all; exit with status 1 if one failed."""
    if (position is None) != every:
        raise typer.BadParameter("give one POSITION, or --all", param_hint="POSITION")
    if position is not None:
        outcome = once(filed_letter(where.dead_letters(), position))
        answer({position: outcome}, f"{position}  {outcome}", as_json=as_json)
        return
    letters = filed_letters(where.dead_letters())
    if not letters:
        answer({}, EMPTY, as_json=as_json)
        return
    if not yes:
        typer.confirm(f"{verb} {len(letters)} dead letters?", abort=True)
    refused, done = 0, {}
    for filed in letters:
        try:
            done[str(filed.letter.identity)] = once(filed)
            if not as_json:
                print_line(f"{filed.letter.identity}  {done[str(filed.letter.identity)]}")
        except MillstreamError as error:
            refused += 1
            reason = escape(f"{filed.letter.identity}  {error}")
            errors.print(f"[bold red]failed:[/] {reason}", highlight=False, soft_wrap=True)
    if as_json:
        answer(done, [], as_json=True)
    if refused:
        errors.print(f"{refused} of {len(letters)} letters remain.", highlight=False)
        raise typer.Exit(1)
