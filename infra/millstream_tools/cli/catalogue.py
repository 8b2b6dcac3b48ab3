"""`millstream catalogue import`: publish the items of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import counted, interruptible, print_line, print_message, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.reading_options import input_files, with_item_columns
from millstream_tools.cli.target import AsJson, Key, Url, open_api

if TYPE_CHECKING:
    from millstream_tools.ops.publishing import PublishedFile
    from millstream_tools.readers.items import ItemFile

REJECTS_SHOWN = 10

app = typer.Typer(help="The catalogue of items.", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The catalogue of items."""


@app.command("import")
@with_item_columns
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON (also .gz), Parquet, a folder of them, or - for stdin; one row per item.")
    ],
    reading: Callable[[], Any],
    *,
    as_json: AsJson = False,
    url: Url = "",
    key: Key = "",
) -> None:
    """Publish every item of a file. Columns named as in PUT /items (itemId, name, price, ...) need no option.

    Each row replaces the whole item: fields that the row lacks are removed, and an item that was not available is
    available again, unless the row says otherwise. `millstream publish` changes single fields.

    Invalid rows are rejected and listed. If an item occurs more than once, its last row counts. Running the command
    again publishes the same items and changes nothing.
    """
    # Imported here because the other commands do not need it and should start quickly.
    from millstream_tools.ops.publishing import publish_items
    from millstream_tools.readers.items import ItemFile

    published, files = 0, []
    with (
        report_errors(),
        interruptible("run the same command again to publish all items"),
        input_files([file]) as paths,
    ):
        columns, api = reading(), open_api(url, key)
        readers = {path: ItemFile(path, columns) for path in paths}
        for line in _removing(readers):
            print_message(line)
        for path, items in readers.items():
            done = publish_items(api, items.read(bar))
            published += done.published
            files.append(_found(path.name, items, done))
            if not as_json:
                _show(path.name, items, done)
    if as_json:
        answer({"published": published, "files": files}, [], as_json=True)
    if not published:
        raise typer.Exit(1)


def _found(name: str, items: ItemFile, done: PublishedFile) -> dict[str, object]:
    found: dict[str, object] = {"file": name, "published": done.published, "repeated": done.repeated}
    rejected = [str(reject) for reject in done.rejected]
    return found | {
        "rejected": rejected,
        "notes": dict(items.notes),
        "unused": list(items.unused),
        "unset": list(items.unset),
    }


def _removing(files: Mapping[Path, ItemFile]) -> Iterator[str]:
    """What published items lose by the fields that no row of a file sets: a line for all files that are alike."""
    for unset in dict.fromkeys(items.unset for items in files.values() if items.unset):
        first, *more = [path.name for path, items in files.items() if items.unset == unset]
        where = f"{first} and {len(more):,} more" if more else first
        again = " Items that were not available are available again." if "available" in unset else ""
        yield (
            f"Each row replaces the whole item. Not set by {where}: {', '.join(unset)}; "
            f"items that have them lose them.{again}"
        )


def _show(name: str, items: ItemFile, done: PublishedFile) -> None:
    lines = [f"Published {counted(done.published, 'item')} from {name}."]
    if done.repeated:
        lines.append(f"  repeated (the last row counts): {done.repeated:,}")
    if done.rejected:
        lines.append(f"  rejected: {len(done.rejected):,}")
        lines += [f"    {reject}" for reject in done.rejected[:REJECTS_SHOWN]]
    lines += [f"  {many:,} {note}" for note, many in items.notes.items()]
    if items.unused:
        lines.append(f"  columns not used: {', '.join(items.unused)} (keep one with --attribute COLUMN)")
    for line in lines:
        print_line(line)
