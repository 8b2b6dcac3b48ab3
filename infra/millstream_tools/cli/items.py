"""`millstream publish`, `item`, `items`, `similar`, `delete`: the catalogue through the HTTP API."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import report_errors
from millstream_tools.cli.target import AsJson, Key, Url, Yes, open_api
from millstream_tools.ops.client import ApiError

NOT_FOUND = 404

app = typer.Typer()
ItemId = Annotated[str, typer.Argument(metavar="ITEM", help="The item's id.")]


@app.command()
def publish(
    item: ItemId,
    name: Annotated[str | None, typer.Argument(help="Its name. Default: as it is, or the id.")] = None,
    *,
    category: Annotated[list[str] | None, typer.Option(help="Category, for filters; repeatable.")] = None,
    price: Annotated[float | None, typer.Option(help="Price, in the shop's currency.")] = None,
    description: Annotated[str | None, typer.Option(help="Description.")] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An attribute, for filters; repeatable.")
    ] = None,
    available: Annotated[bool | None, typer.Option("--available/--unavailable", help="Whether it can be had.")] = None,
    as_json: AsJson = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """Publish an item, or change what is given of a published one. Prints the position in the log."""
    body = {
        "name": name,
        "category": category[0] if category and len(category) == 1 else category or None,
        "price": price,
        "description": description,
        "attributes": dict(map(_attribute, attribute)) if attribute else None,
        "available": available,
    }
    given: dict[str, object] = {field: value for field, value in body.items() if value is not None}
    with report_errors():
        done = _publish(open_api(url, key), item, given)
    answer(done, done["position"], as_json=as_json)


@app.command("item")
def show(item: ItemId, *, as_json: AsJson = False, url: Url = "", key: Key = "") -> None:
    """Print an item as it is published."""
    with report_errors():
        found = open_api(url, key).item(item)
    answer(found, [f"{field:12}{_text(value)}" for field, value in found.items()], as_json=as_json)


@app.command("items")
def list_(
    *,
    n: Annotated[int, typer.Option("-n", help="Number of items.")] = 100,
    after: Annotated[str | None, typer.Option(help="The id after which to begin.")] = None,
    as_json: AsJson = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """List published items, in no particular order."""
    with report_errors():
        found = open_api(url, key).items(n, after)
    lines = [f"{one['itemId']}  {one['name']}" for one in found["items"]] or ["No more items."]
    more = [f"More: millstream items --after '{found['after']}'"] if found["after"] is not None else []
    answer(found, lines + more, as_json=as_json)


@app.command()
def similar(
    item: ItemId,
    *,
    n: Annotated[int, typer.Option("-n", help="Number of items.")] = 10,
    as_json: AsJson = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """Print the items that most often follow an item."""
    with report_errors():
        found = open_api(url, key).similar(item, n)
    lines = [f"{one['score']:.4f}  {one['itemId']}  {one['name']}" for one in found["itemList"]]
    answer(found, lines or ["The model knows no item that follows it."], as_json=as_json)


@app.command()
def delete(item: ItemId, *, yes: Yes = False, as_json: AsJson = False, url: Url = "", key: Key = "") -> None:
    """Delete an item from the catalogue. What users did with it stays in the log."""
    if not yes:
        typer.confirm(f"Delete item {item!r} from the catalogue?", abort=True)
    with report_errors():
        done = open_api(url, key).delete_item(item)
    answer(done, done["position"], as_json=as_json)


def _publish(api: Any, item: str, given: dict[str, object]) -> dict[str, Any]:
    """Change the item if it is published, else publish it."""
    try:
        if not given:
            return {"item": api.item(item), "position": "unchanged"}
        done: dict[str, Any] = api.change_item(item, given)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        done = api.put_items([{"itemId": item, **given}])
    return done


def _attribute(text: str) -> tuple[str, object]:
    """NAME=VALUE; a value that is a JSON number, a boolean or a list is that, any other is text."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"expected NAME=VALUE, got {text!r}", param_hint="--attribute")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
