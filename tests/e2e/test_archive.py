"""The log's long memory, as archive_events writes it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.dataset
import pyarrow.parquet
import pytest

from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.learning.from_log import read_history
from millstream.learning.training_set import load, store, training_set_of
from millstream_tools.ops.archive.compaction import compact
from millstream_tools.ops.archive.destinations import Folder
from millstream_tools.ops.archive.plan import planned
from tests.e2e.stack import Stack, event

pytestmark = pytest.mark.cloud


def test_the_archive_holds_every_record_once_also_after_a_second_delivery(stack: Stack) -> None:
    """Equal to the stream, record by record; a batch delivered again, and one cut otherwise, leave it so."""
    for number in range(5):
        stack.accept("archived", event("lamp", f"archived-{number}"))
    stack.drain()
    shards = stack.stream.entries()
    log = [entry.record for shard in sorted(shards) for entry in shards[shard]]
    assert list(stack.stores.archive().read()) == log
    for entries in shards.values():
        for batch in (entries[-4:], entries[-6:-2], entries[-6:], entries[-1:]):
            assert stack.stream.hand_over("ArchiveEvents", batch) == {"batchItemFailures": []}
    assert list(stack.stores.archive().read()) == log


def test_the_archive_becomes_parquet_and_a_training_set(stack: Stack, tmp_path: Path) -> None:
    """Every event that was accepted is a row, and one that a client repeated is a row of the Parquet file alone."""
    items = ("compacted-lamp", "compacted-vase")
    for event_id, item in (("compacted-1", items[0]), ("compacted-2", items[1]), ("compacted-2", items[1])):
        position = stack.accept("compacted", event(item, event_id))
    stack.drain()
    archive = stack.stores.archive()
    files = list(
        compact(archive, planned(archive.listing().objects), Folder(tmp_path / "parquet"), lambda stored_bytes: None)
    )
    table = pyarrow.dataset.dataset(tmp_path / "parquet", partitioning="hive").to_table()
    assert sum(file.manifest.records for file in files) == len(list(archive.read()))
    mine = [event_id for event_id in table["event_id"].to_pylist() if event_id.startswith("compacted-")]
    assert mine == ["compacted-1", "compacted-2", "compacted-2"]
    sets = [
        training_set_of(read_history(as_of(WholeLog(archive, reader), position).records()), "code")
        for reader in (None, stack.stores.log_reader())
    ]
    assert sets[0].id == sets[1].id
    data = load(store(sets[0], tmp_path)).data
    assert [data.items[item] for item in data.item if data.items[item] in items] == list(items)
