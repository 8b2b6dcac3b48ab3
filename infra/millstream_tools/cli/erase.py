"""`millstream erase`: erase a user's data."""

from __future__ import annotations

import typer

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.erase_user import EraseUser
from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.target import StackName
from millstream_tools.ops.stack import open_stack

app = typer.Typer()


@app.command()
def erase(user: str, *, stack: StackName = "") -> None:
    """Clear a user's row now, and leave their events out of every rebuild. Prints the erasure's position in the log."""
    with report_errors():
        where = open_stack(stack)
        position = EraseUser(where.event_log(), SystemClock(), where.secret())(user)
    console.print(str(position), highlight=False, soft_wrap=True)
