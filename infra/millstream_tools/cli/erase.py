"""`millstream erase`: erase a user's data."""

from __future__ import annotations

import typer

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.erase_user import EraseUser
from millstream.domain.errors import printable
from millstream.domain.keys import pseudonym
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import errors, report_errors
from millstream_tools.cli.target import AsJson, StackName, Yes
from millstream_tools.ops.stack import open_stack

app = typer.Typer()


@app.command()
def erase(user: str, *, yes: Yes = False, as_json: AsJson = False, stack: StackName = "") -> None:
    """Clear a user's row now, and leave their events out of every rebuild. Prints the erasure's position in the log."""
    with report_errors():
        where = open_stack(stack)
        secret, views = where.secret(), where.views()
        is_known = bool(views.store(views.serving()).read_user(pseudonym(user, secret)).data)
        if not yes:
            known = "" if is_known else ", whom the views do not know"
            typer.confirm(f"Erase user {printable(user)!r}{known}? This cannot be undone.", abort=True)
        position = EraseUser(where.event_log(), SystemClock(), secret)(user)
    if not is_known:
        errors.print("The views have no events of this user; the erasure is in the log all the same.", soft_wrap=True)
    answer({"position": str(position), "wasKnown": is_known}, str(position), as_json=as_json)
