"""`millstream import`: import history from files into the log."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.target import StackName

if TYPE_CHECKING:
    from millstream_tools.readers.mapping import ColumnMapping

app = typer.Typer()

Files = Annotated[list[Path], typer.Argument(help="CSV, JSON lines (each also .gz) or Parquet.", show_default=False)]
Mapped = Annotated[str | None, typer.Option(help="A YAML file, or the name of a built-in mapping.")]
Column = Annotated[str | None, typer.Option(metavar="COLUMN", show_default=False)]
Time = Annotated[str | None, typer.Option("--time", metavar="COLUMN", show_default=False)]
EventType = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN|=TYPE", help="A column, or one type for all rows, as =ItemPurchased. Default: =ItemViewed."
    ),
]
Rejects = Annotated[
    Path | None, typer.Option(help="File for rejected rows. Default: FILE.rejects.csv in the working folder.")
]


@app.command("import")
def import_(
    files: Files,
    *,
    mapping: Mapped = None,
    user: Column = None,
    item: Column = None,
    moment: Time = None,
    event_type: EventType = None,
    value: Column = None,
    session: Column = None,
    event_id: Column = None,
    quantity: Column = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the files; store nothing.")] = False,
    rejects: Rejects = None,
    max_rejects: Annotated[
        int | None, typer.Option(min=0, help="Fail, before anything is stored, if more rows are rejected.")
    ] = None,
    then_rebuild: Annotated[
        bool, typer.Option("--rebuild/--no-rebuild", help="Rebuild the views afterwards, so that they include it.")
    ] = True,
    stack: StackName = "",
) -> None:
    """Import history: rows become events, sorted by time and placed before all events of the stream.

    --mapping or the column options say which column fills which field; options override the mapping. A file that was
    imported before is not imported again. To complete an interrupted import, run the same command again.
    """
    # Imported here because the other commands do not need it and should start quickly.
    from millstream_tools.readers.mapping_file import read_mapping

    given = {
        "user": user, "item": item, "time": moment, "event_type": event_type, "value": value,
        "session": session, "event_id": event_id, "quantity": quantity,
    }  # fmt: skip
    with report_errors(), interruptible("run the same command again to complete the import"):
        read = read_mapping(mapping, {name: column for name, column in given.items() if column is not None})
        if dry_run:
            _dry_run(files, read, max_rejects)
        else:
            refused = rejects or Path(f"{files[0].name}.rejects.csv")
            _import(files, read, refused, max_rejects, stack, then_rebuild=then_rebuild)


@app.command()
def imports(*, stack: StackName = "") -> None:
    """List all imports, by their number in the log."""
    from millstream_tools.cli.import_shown import show_entries
    from millstream_tools.ops.stack import open_stack

    with report_errors():
        show_entries(console, open_stack(stack or None).imports().entries())


def _import(
    files: Sequence[Path],
    mapping: ColumnMapping,
    rejects: Path,
    max_rejects: int | None,
    stack_name: str,
    *,
    then_rebuild: bool,
) -> None:
    from millstream.adapters.local.system_clock import SystemClock
    from millstream_tools.cli.import_shown import show_tally
    from millstream_tools.ops import replays
    from millstream_tools.ops.imports.importing import ImportFiles
    from millstream_tools.ops.next_steps import next_steps
    from millstream_tools.ops.stack import open_stack
    from millstream_tools.readers.reading import ReadHistory
    from millstream_tools.readers.rejects import RejectFile

    stack, refused = open_stack(stack_name or None), RejectFile(rejects)
    try:
        done = ImportFiles(
            read=ReadHistory(mapping, stack.secret(), bar, refused.add, max_rejects),
            archive=stack.archive(),
            imports=stack.imports(),
            clock=SystemClock(),
            # Afresh: an interrupted earlier rebuild read the archive before this history was in it.
            rebuild=lambda: replays.rebuild(stack, bar, afresh=True) if then_rebuild else None,
        )(files)
    finally:
        refused.close()
    if done.tally is None:
        console.print(f"{done.entry.what} is already imported, as number {done.entry.number}.", highlight=False)
        return
    console.print(f"Imported {done.entry.what} as number {done.entry.number}.", highlight=False, markup=False)
    show_tally(console, done.tally, f"see {rejects}" if done.tally.rejected else "")
    if not then_rebuild:
        console.print("The views do not include it yet: run `millstream rebuild --afresh`.")
    for step in next_steps(stack, done.tally.items.seen):
        console.print(f"Still missing: {step}", highlight=False, markup=False, soft_wrap=True)


def _dry_run(files: Sequence[Path], mapping: ColumnMapping, max_rejects: int | None) -> None:
    from millstream_tools.cli.import_shown import show_first, show_tally
    from millstream_tools.readers.reading import ReadHistory

    # A dry run needs no stack, so pseudonyms use a temporary key.
    read = ReadHistory(mapping, secrets.token_bytes(), bar, lambda _: None, max_rejects)
    with tempfile.TemporaryDirectory(prefix="millstream-import-") as folder:
        history = read(files, time.time_ns() // 1_000_000, Path(folder))
        show_first(console, history)
    show_tally(console, history.tally, "")
    console.print("Nothing was stored.")
