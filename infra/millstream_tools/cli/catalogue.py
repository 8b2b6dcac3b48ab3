"""`millstream catalogue import`: the items of a shop, out of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.target import Key, Url, open_api

REJECTS_SHOWN = 10

Column = Annotated[str | None, typer.Option(metavar="COLUMN", show_default=False)]

app = typer.Typer(help="The items of a shop.", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The items of a shop."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines (each also .gz) or Parquet: a row an item.")],
    *,
    item: Column = None,
    name: Column = None,
    category: Column = None,
    price: Column = None,
    description: Column = None,
    available: Column = None,
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column that filters can ask for; repeatable.")
    ] = None,
    url: Url = "",
    key: Key = "",
) -> None:
    """Publish every item of a file. Columns named as in PUT /items (itemId, name, price, ...) need no option.

    A row that is no item is rejected and named; an item that comes again replaces the one before it. The same command
    again publishes the same items again, which changes nothing.
    """
    # Here, because the other commands need none of it and should start at once.
    from millstream_tools.ops.publishing import publish_items
    from millstream_tools.readers.items import FIELDS, ItemColumns, ItemFile

    given = dict(zip(FIELDS, (item, name, category, price, description, available), strict=True))
    columns = ItemColumns({one: column for one, column in given.items() if column is not None}, attribute or ())
    with report_errors(), interruptible("the same command again publishes all of it"):
        items = ItemFile(file, columns)
        done = publish_items(open_api(url, key), items.read(bar))
    lines = [f"Published {done.published:,} items of {file.name}."]
    if done.repeated:
        lines.append(f"  came again, so that the last row counts: {done.repeated:,}")
    if done.rejected:
        lines.append(f"  rejected: {len(done.rejected):,}")
        lines += [f"    {reject}" for reject in done.rejected[:REJECTS_SHOWN]]
    if items.unused:
        lines.append(f"  columns not used: {', '.join(items.unused)} (--attribute COLUMN keeps one)")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not done.published:
        raise typer.Exit(1)
