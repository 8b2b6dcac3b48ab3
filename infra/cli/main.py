"""What `freshet` and `python -m infra.cli.main` run: nothing but the entry, so that Ctrl-C is quiet from the first."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 128 + signal.SIGINT
"""The status that shells give to what Ctrl-C ended."""


def app() -> None:
    """Load the commands, and run the one that was asked for."""
    as_started = signal.getsignal(signal.SIGINT)
    # Whoever started this may have had Ctrl-C ignored, as `nohup` and shells do for what runs behind: it stays so.
    if as_started is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    # Here, because by now Ctrl-C is quiet.
    from typer.main import get_command

    from infra.cli.commands import app as commands

    command = get_command(commands)
    # From here on it is an exception again, so that the command can clean up; Typer ends it with the same status.
    signal.signal(signal.SIGINT, as_started)
    command()


def _end(_number: int, _frame: object) -> None:
    """No exception: modules that are being imported may catch one or make another of it. Nothing is to clean up yet."""
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    app()
