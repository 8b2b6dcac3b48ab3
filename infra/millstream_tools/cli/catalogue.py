"""`millstream catalogue import`: publish the items of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.target import Key, Url, open_api

REJECTS_SHOWN = 10

Column = Annotated[str | None, typer.Option(metavar="COLUMN", show_default=False)]

app = typer.Typer(help="The catalogue of items.", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The catalogue of items."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines (each also .gz) or Parquet; one row per item.")],
    *,
    item: Column = None,
    name: Column = None,
    category: Column = None,
    price: Column = None,
    description: Column = None,
    available: Column = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column to store as an attribute, for filters; repeatable."),
    ] = None,
    url: Url = "",
    key: Key = "",
) -> None:
    """Publish every item of a file. Columns named as in PUT /items (itemId, name, price, ...) need no option.

    Invalid rows are rejected and listed. If an item occurs more than once, its last row counts. Running the command
    again publishes the same items and changes nothing.
    """
    # Imported here because the other commands do not need it and should start quickly.
    from millstream_tools.ops.publishing import publish_items
    from millstream_tools.readers.items import FIELDS, ItemColumns, ItemFile

    given = dict(zip(FIELDS, (item, name, category, price, description, available), strict=True))
    columns = ItemColumns({one: column for one, column in given.items() if column is not None}, attribute or ())
    with report_errors(), interruptible("run the same command again to publish all items"):
        items = ItemFile(file, columns)
        done = publish_items(open_api(url, key), items.read(bar))
    lines = [f"Published {done.published:,} items from {file.name}."]
    if done.repeated:
        lines.append(f"  repeated (the last row counts): {done.repeated:,}")
    if done.rejected:
        lines.append(f"  rejected: {len(done.rejected):,}")
        lines += [f"    {reject}" for reject in done.rejected[:REJECTS_SHOWN]]
    if items.unused:
        lines.append(f"  columns not used: {', '.join(items.unused)} (keep one with --attribute COLUMN)")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not done.published:
        raise typer.Exit(1)
