"""`millstream send`: send one event through the HTTP API."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import report_errors
from millstream_tools.cli.target import AsJson, Attributes, Key, Url, named_values, open_api

app = typer.Typer()


@app.command()
def send(
    user: str,
    event_type: Annotated[str, typer.Argument(help="ItemViewed, ItemAddedToCart, ItemPurchased, ItemRated …")],
    item: Annotated[str | None, typer.Argument(help="Not with UserDescribed, which needs --attribute.")] = None,
    *,
    attribute: Attributes = None,
    value: Annotated[float | None, typer.Option(help="A price or a rating.")] = None,
    quantity: Annotated[int | None, typer.Option(help="Number of pieces bought. Default: 1.")] = None,
    session: Annotated[str | None, typer.Option(help="The session's id.")] = None,
    event_id: Annotated[
        str | None, typer.Option(help="Events with the same id count once. Default: generated.")
    ] = None,
    as_json: AsJson = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """Send one event and print its position in the log."""
    event = {
        "eventId": event_id,
        "eventType": event_type,
        "itemId": item,
        "eventValue": value,
        "quantity": quantity,
        "sentAt": time.time(),
    }
    with report_errors():
        given = {name: field for name, field in event.items() if field is not None}
        receipt = open_api(url, key).send_events(user, session, [given], named_values(attribute))
    answer(receipt, receipt["position"], as_json=as_json)
