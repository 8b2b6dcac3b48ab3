"""What people see: results on the output, everything else on the error output, errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from millstream.domain.errors import MillstreamError
from millstream_tools.cli.loading import INTERRUPTED
from millstream_tools.explained import ExplainedError

console = Console()
errors = Console(stderr=True)


def counted(number: int, thing: str) -> str:
    """A number of things, in words that fit it."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


@contextmanager
def report_errors() -> Iterator[None]:
    """End the command with one line for an error that has words of its own; anything else is a bug and shows itself."""
    try:
        yield
    except (BotoCoreError, ClientError, ExplainedError, MillstreamError, OSError) as error:
        # Escaped: what a user typed may look like markup. Not wrapped: one line is one line, however wide the terminal.
        errors.print(f"[bold red]millstream:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def interruptible(told: str) -> Iterator[None]:
    """Ctrl-C ends the command with a line that says how to go on: `told`."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print(f"[bold red]millstream:[/] interrupted; {told}", soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
