"""`millstream publish`: one item, as a shop would publish it."""

from __future__ import annotations

from typing import Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.target import Key, Url, open_api

app = typer.Typer()


@app.command()
def publish(
    item: str,
    name: str,
    *,
    category: Annotated[str | None, typer.Option(help="What filters can ask for.")] = None,
    price: Annotated[float | None, typer.Option(help="In the shop's own currency.")] = None,
    url: Url = "",
    key: Key = "",
) -> None:
    """Publish one item and print the position that it got in the log."""
    body = {"itemId": item, "name": name, "category": category, "price": price}
    with report_errors():
        given = {field: value for field, value in body.items() if value is not None}
        published = open_api(url, key).put_items([given])
    console.print(published["position"], highlight=False, soft_wrap=True)
