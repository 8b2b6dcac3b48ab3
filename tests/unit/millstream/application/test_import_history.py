"""History becomes archive objects, under the number of its import."""

from __future__ import annotations

import pytest

from millstream.adapters.memory import MemoryArchive
from millstream.application.collect import import_history as module
from millstream.application.collect.import_history import archive_history
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream.domain.log.records import decode
from tests.builders import NOW_MS, record, subject, views

ANN = record("ann", *views("a", "b"))
BOB = record("bob", *views("c"))


def test_the_numbers_of_an_import_begin_where_no_other_import_has_any() -> None:
    """Import k has k times 2**40 and what follows: the order of imports is the order of their numbers."""
    archive = MemoryArchive()
    for number in (2, 1):
        list(archive_history([ANN, BOB], number, archive))
    assert [one.position for one in archive.read()] == [
        Position(HISTORY_SHARD, number * 2**40 + place) for number in (1, 2) for place in (1, 2)
    ]
    assert [decode(one.data) for one in archive.read()] == [ANN, BOB] * 2
    assert [one.partition_key for one in archive.read()][:2] == [subject("ann").hex(), subject("bob").hex()]


def test_the_same_history_again_leaves_the_archive_as_it_was() -> None:
    """Object by object."""
    archive = MemoryArchive()
    list(archive_history([ANN, BOB], 1, archive))
    objects = dict(archive.objects)
    list(archive_history([ANN, BOB], 1, archive))
    assert archive.objects == objects


def test_an_object_holds_the_records_of_one_day() -> None:
    """In UTC; the next day begins a new one, however few the last one holds."""
    archive = MemoryArchive()
    list(archive_history([record("ann", *views("a"), recorded_at_ms=NOW_MS - 1), BOB], 1, archive))
    assert [name.split("/")[0] for name in archive.objects] == ["2026-11-21", "2026-11-22"]


def test_events_are_counted_object_by_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was yielded is stored, also if the import ends there."""
    monkeypatch.setattr(module, "CHUNK_RECORDS", 2)
    archive = MemoryArchive()
    archiving = archive_history([ANN, BOB, ANN], 1, archive)
    assert next(archiving) == 3
    assert len(list(archive.read())) == 2
    assert list(archiving) == [2]


def test_no_history_is_no_object() -> None:
    """Nothing to store."""
    archive = MemoryArchive()
    assert list(archive_history([], 1, archive)) == []
    assert not archive.objects
