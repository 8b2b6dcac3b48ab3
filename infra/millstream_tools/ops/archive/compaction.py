"""Compact the archive's many small objects to one Parquet file per day and shard, for training and queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from millstream.application.ports import Archive, LogRecord
from millstream.domain.log.records import VERSION
from millstream_tools.ops.archive.destinations import Destination, growing_file
from millstream_tools.ops.archive.parquet_rows import write_rows
from millstream_tools.ops.archive.plan import DayOfShard, records_of

FORMAT = 1
"""Incremented when the columns or the rows change: earlier files are then written again."""


@dataclass(frozen=True)
class Manifest:
    """The source and the contents of a file; `unreadable` has the errors by position."""

    objects: tuple[str, ...]
    records: int
    rows: int
    unreadable: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT
    schema_version: int = VERSION

    def is_of(self, day: DayOfShard) -> bool:
        """True if the file is up to date with these objects."""
        return (self.objects, self.format, self.schema_version) == (day.objects, FORMAT, VERSION)


@dataclass(frozen=True)
class Compacted:
    """A file of the destination; `fresh` is False if it existed before."""

    day: str
    shard: str
    name: str
    manifest: Manifest
    fresh: bool


def file_name(day: DayOfShard) -> str:
    """The file's name; Spark, DuckDB and pyarrow read its folder as a column `day`."""
    return f"day={day.day}/{day.shard}.parquet"


def manifest_name(day: DayOfShard) -> str:
    """The manifest's name; the same programs skip names that begin with an underscore."""
    return f"day={day.day}/_{day.shard}.json"


def compact(
    archive: Archive, days: Iterable[DayOfShard], destination: Destination, advance: Callable[[int], object]
) -> Iterator[Compacted]:
    """Write each file that is missing or outdated. Calls `advance` with the number of stored bytes read.

    Raises UnavailableError; the files yielded so far are stored.
    """
    for day in days:
        manifest = _stored_manifest(destination.read(manifest_name(day)))
        fresh = manifest is None or not manifest.is_of(day)
        if manifest is None or fresh:
            manifest = _compact_day(archive, day, destination, advance)
        else:
            advance(day.stored_bytes)
        yield Compacted(day.day, day.shard, file_name(day), manifest, fresh)


def unexpected_files(days: Iterable[DayOfShard], destination: Destination) -> list[str]:
    """Files of the destination that do not belong to this archive."""
    return sorted(set(destination.names()) - {file_name(day) for day in days})


def _compact_day(
    archive: Archive, day: DayOfShard, destination: Destination, advance: Callable[[int], object]
) -> Manifest:
    with growing_file(destination) as path:
        written = write_rows(_records(archive, day, advance), path)
        destination.put(file_name(day), path)
    manifest = Manifest(day.objects, written.records, written.rows, written.unreadable)
    # Last: without a manifest, or with an old one, the file is written again.
    with growing_file(destination) as path:
        path.write_text(json.dumps(asdict(manifest), indent=1) + "\n")
        destination.put(manifest_name(day), path)
    return manifest


def _records(archive: Archive, day: DayOfShard, advance: Callable[[int], object]) -> Iterator[LogRecord]:
    for part in day.parts:
        yield from records_of(part, archive)
        advance(part.own.stored_bytes)


def _stored_manifest(stored: bytes | None) -> Manifest | None:
    """The manifest; None also for one of another version of Millstream."""
    if stored is None:
        return None
    fields: dict[str, Any] = json.loads(stored)
    if fields.get("format") != FORMAT:
        return None
    return Manifest(**{**fields, "objects": tuple(fields["objects"])})
