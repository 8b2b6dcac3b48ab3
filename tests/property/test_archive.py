"""Whatever was archived, in whatever cuts, however often: reading gives each record once, in order."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.memory import MemoryArchive
from millstream.application.ports import Archive, LogRecord
from millstream.domain.log.positions import HISTORY_SHARD, Position, shard_name, shard_number
from millstream_tools.ops.archive.plan import planned, records_of

SHARDS = [HISTORY_SHARD, shard_name(0), shard_name(2), shard_name(10)]
DAYS = ["2026-11-21", "2026-11-22"]
LONGEST = 12


@dataclass(frozen=True)
class Stored:
    """A call of `store`: which records of a shard, under which day."""

    shard: str
    numbers: tuple[int, ...]
    day: str

    def records(self) -> list[LogRecord]:
        return [
            LogRecord(Position(self.shard, n), f"key-{n}", b"%d of %s" % (n, self.shard.encode())) for n in self.numbers
        ]


def _runs(shard: str, first: int, length: int, holes: frozenset[int], day: str) -> Stored:
    numbers = tuple(number for number in range(first, first + length) if number not in holes)
    return Stored(shard, numbers or (first,), day)


calls = st.lists(
    st.builds(
        _runs,
        st.sampled_from([SHARDS[1]] * 5 + SHARDS),
        st.integers(0, 30),
        st.integers(1, LONGEST),
        st.frozensets(st.integers(0, 42), max_size=6),
        st.sampled_from(DAYS),
    ),
    max_size=14,
)
"""Repeated, overlapping, nested, with equal firsts and other lasts; some with holes, which others may fill."""


class CountingBucket:
    """An S3 client over a dict, with listings of three a page, that knows which objects were read, and how often."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.read: list[str] = []

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803  # AWS's names
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.read.append(Key)
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, operation: str) -> CountingBucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        for start in range(0, len(keys), 3):
            page = keys[start : start + 3]
            yield {"Contents": [{"Key": key, "Size": len(self.objects[key])} for key in page]}


def s3_archive() -> S3Archive:
    return S3Archive(CountingBucket(), "bucket")


def filled(archive: Archive, stored: list[Stored]) -> Archive:
    for call in stored:
        archive.store(call.records(), call.day)
    return archive


def expected(stored: list[Stored]) -> list[LogRecord]:
    """In the simplest words: every record that was ever stored, by shard number and sequence number."""
    once = {record.position: record for call in stored for record in call.records()}
    return [once[place] for place in sorted(once, key=lambda place: (shard_number(place.shard), place.sequence_number))]


def in_every_archive(check: Callable[[Archive], None], stored: list[Stored]) -> None:
    for archive in (MemoryArchive(), s3_archive()):
        check(filled(archive, stored))


@given(calls)
def test_every_record_is_read_once_and_in_order(stored: list[Stored]) -> None:
    """Any cuts, any overlaps, any repetitions, any order of storing."""

    def check(archive: Archive) -> None:
        assert list(archive.read()) == expected(stored)

    in_every_archive(check, stored)


@given(calls, st.just(1) | st.integers(1, 400))
def test_slices_of_any_size_are_the_log(stored: list[Stored], most_bytes: int) -> None:
    """One after the other they are what `read` gives: no record in two of them, none in none."""

    def check(archive: Archive) -> None:
        slices = archive.slices(most_bytes)
        assert [record for one in slices for record in archive.read_slice(one)] == expected(stored)
        for before, after in pairwise(slices):
            assert (shard_number(before.shard), before.last) < (shard_number(after.shard), after.last)
        for one in slices:
            assert max(record.position.sequence_number for record in archive.read_slice(one)) == one.last

    in_every_archive(check, stored)


@given(calls)
def test_each_object_is_fetched_once_and_not_before_its_time(stored: list[Stored]) -> None:
    """While a record is read, no object was fetched that begins behind it: a log is read in the memory of its cut."""
    archive = s3_archive()
    filled(archive, stored)
    bucket: CountingBucket = archive._client
    for slice_ in archive.slices(most_bytes=10**9):
        bucket.read.clear()
        for record in archive.read_slice(slice_):
            firsts = [int(key.split("/")[-1].split("-")[0]) for key in bucket.read]
            assert max(firsts) <= record.position.sequence_number
        assert sorted(bucket.read) == sorted(slice_.names)


@given(calls)
def test_every_record_is_in_the_file_of_one_day(stored: list[Stored]) -> None:
    """Of a day under which it lies, the earliest; in each file records are in order."""
    archive = MemoryArchive()
    filled(archive, stored)
    found: dict[LogRecord, str] = {}
    for day in planned(archive.listing().objects):
        records = [record for part in day.parts for record in records_of(part, archive)]
        numbers = [record.position.sequence_number for record in records]
        assert numbers == sorted(set(numbers))
        assert not found.keys() & set(records)
        found.update(dict.fromkeys(records, day.day))
    days = {record: min(call.day for call in stored if record in call.records()) for record in expected(stored)}
    assert found == days
