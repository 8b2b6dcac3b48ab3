"""`millstream views`: list and drop versions of the views."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import typer

from millstream.domain.errors import NotFoundError
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.target import AsJson, StackName, Yes
from millstream_tools.ops.stack import open_stack

app = typer.Typer(help="Versions of the views: one serves, the others can be dropped.", no_args_is_help=True)


@app.command("list")
def list_views(*, as_json: AsJson = False, stack: StackName = "") -> None:
    """List all versions that were not dropped."""
    with report_errors():
        views = open_stack(stack).views()
        serving, versions = views.serving(), [one for one in views.versions() if not one.dropped]
    if as_json:
        typer.echo(json.dumps([asdict(one) | {"serving": one.number == serving} for one in versions], indent=2))
        return
    for one in versions:
        made = datetime.fromtimestamp(one.created_at_ms / 1000, UTC).isoformat(" ", "seconds")
        origin = f"rebuilt {made} by code {one.fold_code[:12]}" if one.created_at_ms else "folded from the stream"
        mark = "serves" if one.number == serving else ""
        console.print(f"{one.number:>4}  {mark:<6}  {origin}", highlight=False)


@app.command()
def drop(number: int, *, yes: Yes = False, as_json: AsJson = False, stack: StackName = "") -> None:
    """Delete the rows of a version that is older than the serving one."""
    rows = 0
    with report_errors():
        views = open_stack(stack).views()
        if number not in {one.number for one in views.versions() if not one.dropped}:
            raise NotFoundError(f"there is no view {number}: see `millstream views list`")
        if not yes:
            typer.confirm(f"Delete the rows of view {number}? This cannot be undone.", abort=True)
        with bar(f"Dropping view {number}", None) as advance:
            for deleted in views.drop(number):
                advance(deleted - rows)
                rows = deleted
    answer({"number": number, "rows": rows}, f"View {number} is dropped: {rows:,} rows.", as_json=as_json)
