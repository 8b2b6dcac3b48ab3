"""A training set is a folder that is named after what it was made of: examples.parquet and manifest.json."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no type information

from millstream.adapters.local.fold_code import fold_code
from millstream.application.ports import Archive, ArchiveSlice, LogRecord
from millstream.domain.keys import ITEM_KEY_BYTES
from millstream.domain.log.positions import Position
from millstream_tools.ops.training_sets.examples import Example, Reading
from millstream_tools.ops.training_sets.features import FEATURE_SET
from millstream_tools.ops.training_sets.log_range import LogRange, find_cut, measure
from millstream_tools.parquet_file import Row, write_parquet

EXAMPLES = "examples.parquet"
MANIFEST = "manifest.json"
_ID_BYTES = 16
_KEY = pa.binary(ITEM_KEY_BYTES)
_KEYS = pa.list_(_KEY)

SCHEMA = pa.schema(
    [
        ("subject", pa.string()),
        ("position", pa.string()),
        ("place", pa.int32()),
        ("event_id", pa.string()),
        ("event_type", pa.string()),
        ("item_id", pa.string()),
        ("item_key", _KEY),
        ("occurred_at_ms", pa.int64()),
        ("recorded_at_ms", pa.int64()),
        ("value", pa.float64()),
        ("session", pa.string()),
        ("events_so_far", pa.int64()),
        ("seconds_since_previous", pa.int64()),
        ("tail", _KEYS),
        ("session_items", _KEYS),
        ("purchased_items", _KEYS),
        ("transitions_from", _KEYS),
        ("transition_weights", pa.list_(pa.float64())),
    ]
)


@dataclass(frozen=True)
class TrainingSet:
    """A set on disk; `fresh` is False where it was there already."""

    folder: Path
    manifest: dict[str, Any]
    fresh: bool


def set_id(log: LogRange) -> str:
    """The name of the set that this part of the log gives under this code."""
    made_of: dict[str, Any] = {"log": dict(log.last), "foldCode": fold_code(), "featureSet": FEATURE_SET}
    if log.withdrawn.users or log.withdrawn.records:
        made_of["withdrawn"] = asdict(log.withdrawn)
    text = json.dumps(made_of, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_ID_BYTES).hexdigest()


def build(archive: Archive, until: int | Position, into: Path, advance: Callable[[int], object]) -> TrainingSet:
    """Make the set of the log up to a time or a position, unless it is there; `advance` hears stored bytes, each twice.

    Raises NotFoundError for a position that is not archived, InvalidRecordError, UnavailableError.
    """
    slices = archive.slices()
    log = measure(archive, slices, find_cut(archive, slices, until), advance)
    folder = into / set_id(log)
    if folder.exists():
        advance(sum(slice_.stored_bytes for slice_ in slices))
        return TrainingSet(folder, json.loads((folder / MANIFEST).read_text()), fresh=False)
    with _growing_folder(into) as growing:
        manifest = _write(archive, slices, log, growing, advance)
        growing.rename(folder)
    return TrainingSet(folder, manifest, fresh=True)


def _write(
    archive: Archive, slices: Sequence[ArchiveSlice], log: LogRange, folder: Path, advance: Callable[[int], object]
) -> dict[str, Any]:
    reading = Reading(log.hidden)
    examples = reading.examples(_records(archive, slices, log, advance))
    rows = write_parquet(map(_row, examples), SCHEMA, folder / EXAMPLES)
    manifest = {
        "id": set_id(log),
        "log": {shard: str(last) for shard, last in log.last.items()},
        "withdrawn": {"users": len(log.withdrawn.users), "records": len(log.withdrawn.records)},
        "foldCode": fold_code(),
        "featureSet": FEATURE_SET,
        "records": reading.records,
        "rows": rows,
        "users": sum(1 for state in reading.users.values() if state.events),
        "unreadable": reading.unreadable,
        "examples": _digest(folder / EXAMPLES),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def _records(
    archive: Archive, slices: Sequence[ArchiveSlice], log: LogRange, advance: Callable[[int], object]
) -> Iterator[LogRecord]:
    """What is in the range; slices behind it are not read again."""
    ended: set[str] = set()
    for slice_ in slices:
        last = log.last.get(slice_.shard, -1)
        if slice_.shard not in ended:
            for record in archive.read_slice(slice_):
                if record.position.sequence_number > last:
                    ended.add(slice_.shard)
                    break
                yield record
        advance(slice_.stored_bytes)


def _row(example: Example) -> Row:
    return (example.subject.hex(), str(example.position), *example[2:-1], *example.features)


def _digest(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
    return {"bytes": path.stat().st_size, "blake2b": digest.hexdigest()}


@contextmanager
def _growing_folder(into: Path) -> Iterator[Path]:
    """A folder that is not yet a set for anybody; whatever is left of it at the end is removed."""
    folder = into / f".growing-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
