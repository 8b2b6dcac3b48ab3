"""`millstream archive`: list the archive of the log, and export it as Parquet for training."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from millstream.application.collect.repair_archive import RepairArchive
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, counted, errors, report_errors
from millstream_tools.cli.progress import byte_bar
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.cli.verify import print_left_out
from millstream_tools.explained import ExplainedError
from millstream_tools.ops.archive.plan import DayOfShard, planned
from millstream_tools.ops.stack import Stack, open_stack
from millstream_tools.places import STATE_FOLDER

if TYPE_CHECKING:
    from millstream_tools.ops.archive.compaction import Compacted
    from millstream_tools.ops.archive.destinations import Destination

PARQUET_FOLDER = STATE_FOLDER / "parquet"
REASONS_SHOWN = 10

app = typer.Typer(help="The archive of the log on S3.", no_args_is_help=True)
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only records of this day (UTC).")]


class NothingArchivedError(ExplainedError):
    """There is nothing to compact."""


@app.command("list")
def list_(*, as_json: AsJson = False, stack: StackName = "") -> None:
    """List the days and shards of the archive: objects, stored bytes, first and last sequence number."""
    with report_errors():
        listing = open_stack(stack).archive().listing()
        days = planned(listing.objects)
    print_left_out((), listing.foreign)
    # Lines instead of a table: sequence numbers have up to 56 digits, and a wrapped one cannot be copied.
    lines, found = [_line("day", "shard", "objects", "bytes", "first-last")], []
    for day in days:
        objects = sum(len(part.own.names) for part in day.parts)
        lines.append(_line(day.day, day.shard, f"{objects:,}", f"{day.stored_bytes:,}", f"{day.first}-{day.last}"))
        of_day = {"day": day.day, "shard": day.shard, "objects": objects, "storedBytes": day.stored_bytes}
        found.append(of_day | {"first": str(day.first), "last": str(day.last)})
    answer(
        {"days": found, "leftOut": dict(listing.foreign)}, lines if days else "The archive is empty.", as_json=as_json
    )


@app.command("repair")
def repair(
    unreadable: Annotated[
        list[str] | None, typer.Argument(help="Objects that cannot be read, as `millstream verify` names them.")
    ] = None,
    *,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Archive again the records that are missing in the archive, from the stream.

    Exits with status 1 if the stream no longer holds all of them.
    """
    with report_errors():
        opened = open_stack(stack)
        found = RepairArchive(opened.archive(), opened.log_reader())(f"{datetime.now(UTC):%Y-%m-%d}", unreadable or ())
    lines = []
    for hole, stored in found:
        what = f"{counted(hole.records, 'record')} of {hole.shard} between {hole.after} and {hole.before}"
        lines.append(f"{what}: {'archived again' if stored else 'not all in the stream any more'}")
    mended = [hole._asdict() | {"stored": stored} for hole, stored in found]
    answer(
        {"holes": mended},
        lines or "The archive has no holes. An object that cannot be read is repaired by its name.",
        as_json=as_json,
    )
    if any(not stored for _, stored in found):
        raise typer.Exit(1)


@app.command("compact")
def compact_(
    *,
    into: Annotated[
        Path | None, typer.Option(help="Output folder. Default: a folder per stack in Millstream's state folder.")
    ] = None,
    to_bucket: Annotated[
        bool, typer.Option("--to-bucket", help="Write to the archive's bucket, under parquet/.")
    ] = False,
    day: Day = None,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Write the archive as Parquet, one file per day and shard. Existing files are not written again."""
    # Imported here because the other commands do not need pyarrow and should start quickly.
    from millstream_tools.ops.archive.compaction import compact

    only = f"{day:%Y-%m-%d}" if day else None
    with report_errors():
        opened = open_stack(stack)
        archive = opened.archive()
        days = planned(archive.listing().objects, only)
        if not days:
            raise NothingArchivedError(f"the archive is empty for {only}" if only else "the archive is empty")
        destination = _destination(opened, into, to_bucket)
        with byte_bar("Compacting", sum(one.stored_bytes for one in days)) as advance:
            say = errors if as_json else console
            files = [_print_file(one, say) for one in compact(archive, days, destination, advance)]
        _print_summary(files, destination, as_json=as_json)
        if day is None:
            _print_unexpected(days, destination)


def _line(day: str, shard: str, objects: str, stored_bytes: str, span: str) -> str:
    return f"{day:10}  {shard:20}  {objects:>9}  {stored_bytes:>15}  {span}"


def _destination(stack: Stack, into: Path | None, to_bucket: bool) -> Destination:
    from millstream_tools.ops.archive.destinations import Bucket, Folder

    if to_bucket:
        if into is not None:
            raise typer.BadParameter("expected --into or --to-bucket, got both")
        return Bucket(stack.client("s3"), stack.output("ArchiveBucket"))
    return Folder(into or PARQUET_FOLDER / stack.name)


def _print_file(file: Compacted, say: Console) -> Compacted:
    """Print one written file, and its first unreadable records."""
    if file.fresh:
        manifest = file.manifest
        say.print(f"{file.name}: {manifest.records:,} records, {manifest.rows:,} rows", highlight=False, soft_wrap=True)
    reasons = list(file.manifest.unreadable.items())
    if reasons:
        errors.print(f"{file.name}: unreadable records: {len(reasons):,}", highlight=False, soft_wrap=True)
        for position, reason in reasons[:REASONS_SHOWN]:
            errors.print(f"  {position}  {reason}", highlight=False, markup=False, soft_wrap=True)
        if len(reasons) > REASONS_SHOWN:
            errors.print("  … the file's manifest lists all of them", highlight=False)
    return file


def _print_summary(files: Sequence[Compacted], destination: Destination, *, as_json: bool) -> None:
    fresh = sum(file.fresh for file in files)
    rows = sum(file.manifest.rows for file in files)
    found = {"rows": rows, "written": fresh, "unchanged": len(files) - fresh, "destination": str(destination)}
    line = f"{rows:,} rows; files written: {fresh}, unchanged: {len(files) - fresh}, in {destination}"
    answer(found | {"files": [file.name for file in files]}, line, as_json=as_json)


def _print_unexpected(days: Sequence[DayOfShard], destination: Destination) -> None:
    from millstream_tools.ops.archive.compaction import unexpected_files

    if others := unexpected_files(days, destination):
        some = ", ".join(others[:3]) + " …" * (len(others) > 3)
        message = f"files that do not belong to this archive: {len(others)}: {some}"
        errors.print(message, highlight=False, markup=False, soft_wrap=True)
