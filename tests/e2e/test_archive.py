"""The log's long memory, as archive_events writes it."""

from __future__ import annotations

import pytest

from tests.e2e.stack import Stack, event

pytestmark = pytest.mark.cloud


def test_the_archive_holds_every_record_once_also_after_a_second_delivery(stack: Stack) -> None:
    """Equal to the stream, record by record; a batch delivered again, and one cut otherwise, leave it so."""
    for number in range(5):
        stack.accept("archived", event("lamp", f"archived-{number}"))
    stack.drain()
    shards = stack.stream.entries()
    log = [entry.record for shard in sorted(shards) for entry in shards[shard]]
    assert list(stack.stores.archive.read()) == log
    for entries in shards.values():
        for batch in (entries[-4:], entries[-6:-2], entries[-6:], entries[-1:]):
            assert stack.stream.hand_over("ArchiveEvents", batch) == {"batchItemFailures": []}
    assert list(stack.stores.archive.read()) == log
