"""Terminal output: results on standard output, messages on standard error, errors in one line."""

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
    """A number with its noun, in the singular or plural."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


@contextmanager
def report_errors() -> Iterator[None]:
    """End the command with a one-line message for an expected error; any other exception is a bug and propagates."""
    try:
        yield
    except (BotoCoreError, ClientError, ExplainedError, MillstreamError, OSError) as error:
        # Escaped, because user input may look like markup. Not wrapped, so that one message stays one line.
        errors.print(f"[bold red]millstream:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def interruptible(advice: str) -> Iterator[None]:
    """On Ctrl-C, end the command with a line that says how to continue: `advice`."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print(f"[bold red]millstream:[/] interrupted; {advice}", soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
