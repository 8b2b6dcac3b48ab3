"""The archive says which of its records are missing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.memory import MemoryArchive
from millstream.application.collect.archive_events import ArchiveEvents, Arrival
from millstream.application.collect.completeness import Hole, contents, holes
from millstream.application.collect.import_history import RECORDS_AN_IMPORT, archive_history
from millstream.application.ports import Head, LogRecord
from millstream.domain.errors import ConflictError
from millstream.domain.log.positions import HISTORY_SHARD, Position, shard_name
from tests.builders import NOW_MS, record, views

DAY = "2026-11-22"
SHARD = shard_name(0)


def arrive(archive: MemoryArchive, *numbers: int) -> str:
    batch = [Arrival(LogRecord(Position(SHARD, number), "key", b"data"), DAY) for number in numbers]
    return ArchiveEvents(archive)(batch)[0]


def found(archive: MemoryArchive) -> list[Hole]:
    return list(holes(archive.listing().objects, archive.heads()))


def test_a_deleted_object_is_a_hole_with_its_number_of_records() -> None:
    archive = MemoryArchive()
    arrive(archive, 10, 20)
    middle = arrive(archive, 30, 40, 50)
    arrive(archive, 60)
    assert found(archive) == []
    del archive.objects[middle]
    assert found(archive) == [Hole(SHARD, after=20, before=60, records=3, start=2)]


@pytest.mark.parametrize(("deleted", "hole"), [(0, Hole(SHARD, 0, 30, 2)), (2, Hole(SHARD, 50, 61, 1, 5))])
def test_the_first_and_the_last_object_of_a_shard_are_missed_too(deleted: int, hole: Hole) -> None:
    archive = MemoryArchive()
    names = [arrive(archive, 10, 20), arrive(archive, 30, 40, 50), arrive(archive, 60)]
    del archive.objects[names[deleted]]
    assert found(archive) == [hole]


def test_a_shard_without_any_object_left_is_a_hole() -> None:
    archive = MemoryArchive()
    del archive.objects[arrive(archive, 10, 20)]
    assert found(archive) == [Hole(SHARD, 0, 21, 2)]


def test_a_batch_that_is_delivered_again_in_other_cuts_leaves_no_hole() -> None:
    archive = MemoryArchive()
    for batch in [(1, 2, 3), (1, 2, 3), (2, 3, 4, 5), (1, 2), (6,), (4, 5, 6, 7)]:
        arrive(archive, *batch)
    assert found(archive) == []
    assert archive.head(SHARD) == Head(7, 7)


def test_objects_that_do_not_say_their_place_prove_nothing_and_miss_nothing() -> None:
    """Those of format 1, from before the first head."""
    archive = MemoryArchive()
    archive.store([LogRecord(Position(SHARD, number), "key", b"data") for number in (1, 2)], DAY)
    arrive(archive, 3, 4)
    lost = arrive(archive, 5)
    arrive(archive, 6)
    del archive.objects[lost]
    assert found(archive) == [Hole(SHARD, 4, 6, 1, 2)]


def test_counting_begins_again_after_a_head_was_lost() -> None:
    archive = MemoryArchive()
    arrive(archive, 1, 2, 3)
    archive._heads.clear()
    arrive(archive, 4)
    lost = arrive(archive, 5, 6)
    arrive(archive, 7)
    assert found(archive) == []
    del archive.objects[lost]
    assert found(archive) == [Hole(SHARD, 4, 7, 2, 1)]


def test_each_import_counts_its_own_records() -> None:
    archive = MemoryArchive()
    names = []
    for number in (1, 2):
        for start in (0, 2):
            first = number * RECORDS_AN_IMPORT + 1 + start
            records = [LogRecord(Position(HISTORY_SHARD, first + place), "key", b"data") for place in range(2)]
            names.append(archive.store(records, DAY, start=start))
    assert found(archive) == []
    del archive.objects[names[2]]
    assert [hole.records for hole in found(archive)] == [2]


@pytest.mark.parametrize("missing", [(0,), (1,), (2,), (0, 1, 2), (1, 2)])
def test_objects_of_an_import_are_missed_wherever_they_were(missing: Sequence[int]) -> None:
    """At its beginning, at its end, and all of them; another import has nothing to do with it."""
    archive, per_import = MemoryArchive(), 3
    days = [NOW_MS + day * 86_400_000 for day in range(per_import)]
    for number in (1, 2):
        list(archive_history([record("ann", *views("a"), recorded_at_ms=day) for day in days], number, archive))
    assert found(archive) == []
    names = [one.name for one in sorted(archive.listing().objects, key=lambda one: one.place)]
    for place in missing:
        del archive.objects[names[place]]
    assert sum(hole.records for hole in found(archive)) == len(missing)
    assert {hole.after // RECORDS_AN_IMPORT for hole in found(archive)} <= {0, 1}
    list(archive_history([record("ann", *views("a"), recorded_at_ms=day) for day in days], 1, archive))
    assert found(archive) == []


def test_two_archivists_of_one_shard_conflict() -> None:
    archive = MemoryArchive()
    arrive(archive, 1)
    with pytest.raises(ConflictError):
        archive.advance(SHARD, None, Head(2, 2))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.data())
def test_what_is_missing_is_between_what_is_there(sizes: Sequence[int], data: st.DataObject) -> None:
    """Any cuts, any objects deleted: the records that are there and those in the holes are the log."""
    archive, names, last = MemoryArchive(), [], 0
    for size in sizes:
        names.append(arrive(archive, *range(last + 1, last + 1 + size)))
        last += size
    for name in data.draw(st.sets(st.sampled_from(names))):
        del archive.objects[name]
    there = {record.position.sequence_number for record in archive.read()}
    missing = found(archive)
    numbers = [number for hole in missing for number in range(hole.after + 1, hole.before)]
    assert sorted([*there, *numbers]) == list(range(1, last + 1))
    assert sum(hole.records for hole in missing) == len(numbers)
    ends = [part.before - 1 if isinstance(part, Hole) else part.last for part in contents(archive, 1).parts]
    assert ends == sorted(ends)
