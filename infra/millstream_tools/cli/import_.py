"""`millstream import`: import history from files into the log."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, interruptible, print_line, report_errors
from millstream_tools.cli.progress import bar
from millstream_tools.cli.reading_options import Reading, input_files, with_reading
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.explained import ExplainedError

if TYPE_CHECKING:
    from millstream_tools.ops.imports.importing import Imported
    from millstream_tools.ops.imports.voiding import VoidImport
    from millstream_tools.ops.stack import Stack
    from millstream_tools.readers.mapping import ColumnMapping

app = typer.Typer()

Files = Annotated[
    list[Path],
    typer.Argument(
        help="CSV, JSON (each also .gz) or Parquet files, folders of them, or - for standard input.", show_default=False
    ),
]
Rejects = Annotated[
    Path | None, typer.Option(help="File for rejected rows. Default: FILE.rejects.csv in the working folder.")
]
MaxRejects = Annotated[
    int | None,
    typer.Option(min=0, help="Fail, before anything is stored, if more rows are rejected. Default: half of all rows."),
]
ThenRebuild = Annotated[
    bool,
    typer.Option(
        "--rebuild/--no-rebuild",
        help="Rebuild the views afterwards, so that they follow. Without it, the next rebuild is for all imports.",
    ),
]


@app.command("import")
@with_reading
def import_(
    files: Files,
    reading: Reading,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show how the files are read, and the first events; store nothing.")
    ] = False,
    rejects: Rejects = None,
    max_rejects: MaxRejects = None,
    again: Annotated[
        bool, typer.Option("--again", help="Import files that are in the log already, by another mapping.")
    ] = False,
    then_rebuild: ThenRebuild = True,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Import history: rows become events, sorted by time and placed before all events of the stream.

    --mapping or the column options say which column fills which field; options override the mapping. A file that was
    imported before is not imported again. To complete an interrupted import, run the same command again.
    """
    with (
        report_errors(),
        interruptible("run the same command again to complete the import"),
        input_files(files) as paths,
    ):
        if dry_run:
            if as_json:
                raise ExplainedError("expected --json or --dry-run, got both")
            _dry_run(paths, reading, rejects, max_rejects)
        else:
            import_files(
                paths,
                reading.read(paths),
                rejects,
                max_rejects,
                stack,
                again=again,
                then_rebuild=then_rebuild,
                replaces=None,
                as_json=as_json,
            )


def import_files(
    files: Sequence[Path],
    mapping: ColumnMapping,
    rejects: Path | None,
    max_rejects: int | None,
    stack_name: str,
    *,
    again: bool,
    then_rebuild: bool,
    replaces: int | None,
    as_json: bool,
) -> None:
    """Import files into a stack, in place of import `replaces` if it is given, and print the result."""
    from millstream_tools.cli.import_shown import behind_as_json, show_behind, show_dropped
    from millstream_tools.ops.imports.following import rebuild_views, views_behind
    from millstream_tools.ops.imports.importing import ImportFiles
    from millstream_tools.ops.next_steps import next_steps
    from millstream_tools.ops.stack import open_stack
    from millstream_tools.readers.guessing import unused_by
    from millstream_tools.readers.reading import ReadHistory
    from millstream_tools.readers.rejects import RejectFile
    from millstream_tools.tables.errors import TooManyRejectsError

    stack, dropped, rebuilt = open_stack(stack_name or None), dict[int, int](), False
    refused = RejectFile(rejects or Path(f"{files[0].name}.rejects.csv"))

    def rebuild() -> None:
        nonlocal rebuilt
        if then_rebuild:
            dropped.update(rebuild_views(stack, bar))
            rebuilt = True

    void = voiding(stack)
    run = ImportFiles(
        read=ReadHistory(mapping, stack.secret(), bar, refused.add, max_rejects, stack.declared_attributes()),
        archive=stack.archive(),
        imports=void.imports,
        clock=void.clock,
        rebuild=rebuild,
        behind=lambda: views_behind(stack).numbers,
        void=void,
        again=again,
    )
    try:
        done = run(files, replaces)
    except TooManyRejectsError as error:
        where = f"; rejected rows are in {refused.path}" if refused.exists else ""
        raise TooManyRejectsError(f"{error}{where}") from error
    finally:
        refused.close()
    behind = views_behind(stack)
    # Next steps are found in the whole log: an import without a rebuild costs what it adds.
    missing = list(next_steps(stack, done.tally.items.seen)) if done.tally and then_rebuild else []
    rejected = str(refused.path) if refused.exists else None
    if as_json:
        more = {"rebuilt": rebuilt, "dropped": dropped, "missing": missing} | behind_as_json(*behind)
        answer(_found(done, rejected) | more, [], as_json=True)
        return
    if done.tally is None:
        now = " The views were rebuilt, and have it now." if rebuilt else ""
        print_line(f"{done.entry.what} is already imported, as number {done.entry.number}.{now}")
        show_dropped(dropped)
        show_behind(*behind)
        return
    instead = f" in place of number {replaces}" if replaces is not None else ""
    print_line(f"Imported {done.entry.what} as number {done.entry.number}{instead}.")
    _print(done, rejected, unused_by(mapping, files[0]), dropped)
    show_behind(*behind)
    for step in missing:
        print_line(f"Still missing: {step}")


def _found(done: Imported, rejected: str | None) -> dict[str, object]:
    from millstream_tools.cli.import_shown import counts_of

    found = {"number": done.entry.number, "what": done.entry.what, "changed": done.tally is not None}
    return found | (counts_of(done.tally) if done.tally else {}) | {"rejects": rejected}


def _print(done: Imported, rejected: str | None, unused: Sequence[str], dropped: Mapping[int, int]) -> None:
    from millstream_tools.cli.import_shown import show_dropped, show_overlap, show_tally

    if done.tally is not None:
        show_tally(done.tally, f"see {rejected}" if rejected else "")
    if unused:
        print_line(f"not used  {', '.join(unused)}")
    show_overlap(done.entry, done.overlapping)
    show_dropped(dropped)


def voiding(stack: Stack) -> VoidImport:
    """What voids imports of a stack."""
    from millstream.adapters.local.system_clock import SystemClock
    from millstream_tools.ops.imports.voiding import VoidImport

    return VoidImport(stack.event_log(), SystemClock(), stack.imports())


def _dry_run(files: Sequence[Path], reading: Reading, rejects: Path | None, max_rejects: int | None) -> None:
    from millstream_tools.cli.import_shown import show_first, show_guess, show_tally
    from millstream_tools.readers.reading import ANY_NUMBER, ReadHistory, check_most
    from millstream_tools.readers.rejects import RejectFile
    from millstream_tools.scratch import scratch_folder

    refused, guess = None if rejects is None else RejectFile(rejects), reading.guess(files)
    show_guess(guess, files[0].name)
    # A dry run needs no stack, so pseudonyms use a temporary key.
    refuse, most = refused.add if refused else lambda _: None, ANY_NUMBER if max_rejects is None else max_rejects
    read = ReadHistory(guess.mapping, secrets.token_bytes(), bar, refuse, most)
    try:
        with scratch_folder("import") as folder:
            history = read(files, time.time_ns() // 1_000_000, folder)
            show_first(history)
    finally:
        if refused:
            refused.close()
    show_tally(history.tally, f"see {rejects}" if rejects and history.tally.rejected else "")
    if max_rejects is None:
        check_most(history.tally)
    console.print("Nothing was stored." if refused is None else "Nothing was stored but the rejects.")
