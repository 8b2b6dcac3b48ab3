"""Terminal output: results on standard output, messages on standard error, errors in one line."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from millstream.domain.errors import MillstreamError, printable
from millstream_tools.cli.loading import INTERRUPTED
from millstream_tools.explained import ExplainedError
from millstream_tools.terminal import escape

console = Console()
errors = Console(stderr=True)


def print_line(text: str) -> None:
    """Print a line that contains text from files, as it is and without markup."""
    console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def print_message(text: str) -> None:
    """The same on standard error, so that it does not mix with a result."""
    errors.print(printable(text), highlight=False, markup=False, soft_wrap=True)


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
        said = "\n".join(map(printable, _said(error).splitlines()))
        errors.print(f"[bold red]millstream:[/] {escape(said)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def interruptible(advice: str) -> Iterator[None]:
    """On Ctrl-C, end the command with a line that says how to continue: `advice`."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print(f"[bold red]millstream:[/] interrupted; {advice}", soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None


def _said(error: Exception) -> str:
    """The message of an error, without the number that the system gives it."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    what = error.strerror[:1].lower() + error.strerror[1:]
    if error.errno == errno.ENOSPC:
        what += f" (temporary files are in {tempfile.gettempdir()}: set TMPDIR for another place)"
    return f"{error.filename}: {what}" if error.filename is not None else what
