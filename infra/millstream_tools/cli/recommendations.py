"""`millstream recommend`: what a user is recommended now."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.target import Key, Url, open_api
from millstream_tools.demo.screen import slate_table

app = typer.Typer()


@app.command()
def recommend(
    user: str,
    *,
    n: Annotated[int, typer.Option("-n", help="How many items.")] = 10,
    exclude_seen: Annotated[str | None, typer.Option(help="none, session, purchased or all.")] = None,
    filter: Annotated[str | None, typer.Option(help="Like category=Toys,price<20.")] = None,  # noqa: A002  # its name
    min_position: Annotated[str | None, typer.Option(help="A position that `millstream send` printed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as it came.")] = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """Print a user's recommendations, where each came from, and what they were computed from."""
    with report_errors():
        answer = open_api(url, key).recommendations(
            user, n=n, exclude_seen=exclude_seen, filter=filter, min_position=min_position
        )
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    console.print(slate_table(f"[bold]{escape(user)}", answer))
    made_by = answer["provenance"]
    console.print(
        f"position {made_by['userPosition']}, model {made_by['modelVersion']}, policy {made_by['policy']}, "
        f"tier {made_by['tier']}{', STALE' if answer['stale'] else ''}",
        highlight=False,
    )
