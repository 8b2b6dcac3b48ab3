"""`millstream recommend`: print a user's recommendations."""

from __future__ import annotations

from typing import Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.target import Attributes, Key, Url, named_values, open_api
from millstream_tools.demo.screen import slate_table
from millstream_tools.terminal import escape, json_text

app = typer.Typer()


@app.command()
def recommend(
    user: Annotated[str | None, typer.Argument(help="User id; may be left out, for a visitor without one.")] = None,
    *,
    item: Annotated[
        list[str] | None, typer.Option(help="An item that the visitor looks at or has in the cart; may be repeated.")
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Number of items.")] = 10,
    exclude_seen: Annotated[
        str | None,
        typer.Option(
            help="Seen items to leave out: none, session, purchased or all. Default: as chosen with the model."
        ),
    ] = None,
    attribute: Attributes = None,
    filter: Annotated[str | None, typer.Option(help="For example category=Toys|Games,price<20.")] = None,  # noqa: A002  # its name
    min_position: Annotated[str | None, typer.Option(help="A position printed by `millstream send`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the HTTP response.")] = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """Print recommendations with their sources, the position in the log and the model."""
    with report_errors():
        answer = open_api(url, key).recommendations(
            user,
            n=n,
            itemIds=item,
            excludeSeen=exclude_seen,
            attributes=named_values(attribute),
            filter=filter,
            minPosition=min_position,
        )
    if as_json:
        typer.echo(json_text(answer))
        return
    console.print(slate_table(f"[bold]{escape(user or 'visitor')}", answer))
    provenance = answer["provenance"]
    console.print(
        f"position {provenance['userPosition']}, model {provenance['modelVersion']}, policy {provenance['policy']}, "
        f"tier {provenance['tier']}, excluded: {provenance['excludeSeen']}{', STALE' if answer['stale'] else ''}",
        highlight=False,
    )
