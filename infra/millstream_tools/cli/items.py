"""`millstream publish`: publish one item through the HTTP API."""

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
    category: Annotated[str | None, typer.Option(help="Category, for filters.")] = None,
    price: Annotated[float | None, typer.Option(help="Price, in the shop's currency.")] = None,
    url: Url = "",
    key: Key = "",
) -> None:
    """Publish one item and print its position in the log."""
    body = {"itemId": item, "name": name, "category": category, "price": price}
    with report_errors():
        given = {field: value for field, value in body.items() if value is not None}
        published = open_api(url, key).put_items([given])
    console.print(published["position"], highlight=False, soft_wrap=True)
