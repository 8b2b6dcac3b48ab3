"""A batch goes to the log's long memory."""

from __future__ import annotations

from millstream.adapters.memory import MemoryArchive
from millstream.application.collect.archive_events import ArchiveEvents, Arrival
from tests.builders import log

RECORDS = log(b"one", b"two", b"three")


def test_a_batch_over_midnight_becomes_an_object_a_day() -> None:
    """Each record under the day on which the stream took it in."""
    archive = MemoryArchive()
    days = ["2026-11-22", "2026-11-22", "2026-11-23"]
    names = ArchiveEvents(archive)([Arrival(record, day) for record, day in zip(RECORDS, days, strict=True)])
    assert [name.split("/")[0] for name in names] == ["2026-11-22", "2026-11-23"]
    assert list(archive.read()) == RECORDS


def test_a_batch_that_is_archived_again_is_read_once() -> None:
    """Whole, and in another cut."""
    archive = MemoryArchive()
    for batch in (RECORDS, RECORDS, RECORDS[1:]):
        ArchiveEvents(archive)([Arrival(record, "2026-11-22") for record in batch])
    assert list(archive.read()) == RECORDS
