"""The archive as Parquet: what a file holds, and what happens when it is made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet
import pytest

from millstream.adapters.memory import MemoryArchive
from millstream.application.ports import LogRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, shard_name
from millstream.domain.log.records import encode
from millstream_tools import parquet_file
from millstream_tools.ops.archive import compaction
from millstream_tools.ops.archive.compaction import Compacted, compact, unexpected_files
from millstream_tools.ops.archive.destinations import Folder
from millstream_tools.ops.archive.plan import planned
from tests.builders import NOW_MS, POISON, SHARD, event, log, record, subject

DAY, NEXT_DAY = "2026-11-22", "2026-11-23"
TWO = record(
    "ann",
    event("lamp", at_ms=NOW_MS - 5, event_id="e1", sessionId="s", impression=["lamp", "désk"]),
    event("desk", EventKind.ItemPurchased, at_ms=NOW_MS, event_id="e2", value=9.5, quantity=2),
)
SLATE = record("bob", event(None, EventKind.SlateServed, event_id="slate", items=[]))


def compacted(archive: MemoryArchive, folder: Path, day: str | None = None) -> list[Compacted]:
    return list(compact(archive, planned(archive.listing().objects, day), Folder(folder), lambda stored_bytes: None))


def rows(folder: Path, file: Compacted) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(folder / file.name, partitioning=None).to_pylist()
    return found


def archive_of(*stored: tuple[list[LogRecord], str]) -> MemoryArchive:
    archive = MemoryArchive()
    for records, day in stored:
        archive.store(records, day)
    return archive


def test_each_event_is_a_row_with_what_every_event_has(tmp_path: Path) -> None:
    """In the order of the log; what only some kinds have is JSON."""
    largest = 2**186 - 1
    archive = archive_of((log(TWO, SLATE, first=largest - 1), DAY))
    (file,) = compacted(archive, tmp_path)
    assert file.name == f"day={DAY}/{SHARD}.parquet"
    assert rows(tmp_path, file) == [
        {
            "shard": SHARD,
            "sequence_number": str(largest - 1),
            "recorded_at_ms": NOW_MS,
            "subject": subject("ann").hex(),
            "event_id": "e1",
            "event_type": "ItemViewed",
            "item_id": "lamp",
            "occurred_at_ms": NOW_MS - 5,
            "value": None,
            "attributes": '{"impression":["lamp","d\\u00e9sk"],"sessionId":"s"}',
        },
        {
            "shard": SHARD,
            "sequence_number": str(largest - 1),
            "recorded_at_ms": NOW_MS,
            "subject": subject("ann").hex(),
            "event_id": "e2",
            "event_type": "ItemPurchased",
            "item_id": "desk",
            "occurred_at_ms": NOW_MS,
            "value": 9.5,
            "attributes": '{"quantity":2}',
        },
        {
            "shard": SHARD,
            "sequence_number": str(largest),
            "recorded_at_ms": NOW_MS,
            "subject": subject("bob").hex(),
            "event_id": "slate",
            "event_type": "SlateServed",
            "item_id": None,
            "occurred_at_ms": NOW_MS,
            "value": None,
            "attributes": '{"items":[]}',
        },
    ]


def test_there_is_a_file_a_day_and_shard_that_other_programs_read_together(tmp_path: Path) -> None:
    """The folders' names become a column `day`, and manifests and files that are growing are passed over."""
    stored = [(log(TWO, shard=shard), day) for shard in (shard_name(1), HISTORY_SHARD) for day in (DAY, NEXT_DAY)]
    stored[1] = (log(TWO, shard=shard_name(1), first=9), NEXT_DAY)
    stored[3] = (log(TWO, shard=HISTORY_SHARD, first=9), NEXT_DAY)
    names = [file.name for file in compacted(archive_of(*stored), tmp_path)]
    assert names == [
        f"day={day}/{shard}.parquet" for day in (DAY, NEXT_DAY) for shard in (HISTORY_SHARD, shard_name(1))
    ]
    (tmp_path / ".growing-1").write_bytes(b"half a file")
    table = pyarrow.dataset.dataset(tmp_path, partitioning="hive").to_table()
    assert table.num_rows == 8
    assert sorted(set(table["day"].to_pylist())) == [DAY, NEXT_DAY]


def test_a_record_that_lies_under_two_days_is_in_the_earlier_one(tmp_path: Path) -> None:
    """A clock that was corrected at midnight, and a batch that was delivered again after it."""
    one, two, three = log(TWO, TWO, SLATE)
    archive = archive_of(([one, two], DAY), ([two, three], NEXT_DAY))
    first, second = compacted(archive, tmp_path)
    assert [row["sequence_number"] for row in rows(tmp_path, first)] == ["1", "1", "2", "2"]
    assert [row["sequence_number"] for row in rows(tmp_path, second)] == ["3"]


def test_what_nobody_can_read_is_counted_and_named(tmp_path: Path) -> None:
    """Bytes that are no record, and text that is none; their neighbours are rows."""
    half = record("ann", event("lamp", event_id="half"))
    with_half = encode(half).replace(b'"half"', b'"\\ud800"')
    (file,) = compacted(archive_of((log(TWO, POISON, with_half, SLATE), DAY)), tmp_path)
    assert (file.manifest.records, file.manifest.rows) == (4, 3)
    assert len(rows(tmp_path, file)) == 3
    assert list(file.manifest.unreadable) == [f"{SHARD}:2", f"{SHARD}:3"]
    assert "at least 28 bytes" in file.manifest.unreadable[f"{SHARD}:2"]
    stored = json.loads((tmp_path / f"day={DAY}" / f"_{SHARD}.json").read_text())
    assert stored["unreadable"] == file.manifest.unreadable


def test_the_same_log_gives_the_same_bytes_in_whatever_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut otherwise, delivered twice, in small row groups: byte for byte."""
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 3)
    records = log(*[TWO, SLATE] * 5)
    cuts = [[(0, 10)], [(0, 3), (3, 10)], [(0, 6), (2, 10), (2, 4), (0, 6)]]
    files = []
    for number, cut in enumerate(cuts):
        archive = archive_of(*((records[start:end], DAY) for start, end in cut))
        (file,) = compacted(archive, tmp_path / str(number))
        files.append((tmp_path / str(number) / file.name).read_bytes())
    assert files[0] == files[1] == files[2]
    metadata = pyarrow.parquet.ParquetFile(tmp_path / "0" / file.name).metadata
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [3, 3, 3, 3, 3]


def test_a_day_of_the_same_objects_is_not_written_again(tmp_path: Path) -> None:
    """One more object, and it is; the other days are left alone."""
    records = log(TWO, SLATE, TWO)
    archive = archive_of((records[:1], DAY), (records[1:2], NEXT_DAY))
    assert [file.fresh for file in compacted(archive, tmp_path)] == [True, True]
    before = (tmp_path / f"day={DAY}" / f"{SHARD}.parquet").stat()
    assert [file.fresh for file in compacted(archive, tmp_path)] == [False, False]
    archive.store(records[2:], NEXT_DAY)
    again = compacted(archive, tmp_path)
    assert [file.fresh for file in again] == [False, True]
    assert [file.manifest.rows for file in again] == [2, 3]
    assert (tmp_path / f"day={DAY}" / f"{SHARD}.parquet").stat() == before


@pytest.mark.parametrize("older", [{"format": 0}, {"schema_version": 1}, {"objects": ["another"]}])
def test_a_file_of_another_making_is_made_again(tmp_path: Path, older: dict[str, Any]) -> None:
    """By an older Millstream, or of other objects."""
    archive = archive_of((log(TWO), DAY))
    compacted(archive, tmp_path)
    manifest = tmp_path / f"day={DAY}" / f"_{SHARD}.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | older))
    assert [file.fresh for file in compacted(archive, tmp_path)] == [True]
    assert [file.fresh for file in compacted(archive, tmp_path)] == [False]


def test_a_compaction_that_was_killed_leaves_nothing_that_looks_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file under its name, no litter, and the next one does it."""
    archive = archive_of((log(TWO), DAY))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "write_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            compacted(archive, tmp_path)
    assert list(tmp_path.rglob("*.*")) == []
    assert [file.fresh for file in compacted(archive, tmp_path)] == [True]


def test_one_day_can_be_asked_for(tmp_path: Path) -> None:
    """The others are not touched."""
    records = log(TWO, TWO)
    archive = archive_of((records[:1], DAY), (records[1:], NEXT_DAY))
    assert [file.day for file in compacted(archive, tmp_path, NEXT_DAY)] == [NEXT_DAY]
    assert not (tmp_path / f"day={DAY}").exists()


def test_files_of_another_archive_are_told_and_left(tmp_path: Path) -> None:
    """A local cloud that is gone, and its days that are still there."""
    compacted(archive_of((log(TWO), DAY)), tmp_path)
    other = archive_of((log(TWO), NEXT_DAY))
    compacted(other, tmp_path)
    days = planned(other.listing().objects)
    assert unexpected_files(days, Folder(tmp_path)) == [f"day={DAY}/{SHARD}.parquet"]
