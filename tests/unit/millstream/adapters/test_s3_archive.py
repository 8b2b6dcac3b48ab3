from __future__ import annotations

import gzip
import io
import tracemalloc
from typing import Any

import pytest

from millstream.adapters.aws.s3_archive import S3Archive
from millstream.application.ports import LogRecord, UnreadableObjectError
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position, shard_name

SHARD = shard_name(0)
DAY = "2026-11-22"


class Bucket:
    """As much of an S3 client as an archive needs."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **call: Any) -> None:
        self.objects[call["Key"]] = call["Body"]

    def get_object(self, **call: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[call["Key"]])}

    def get_paginator(self, operation: str) -> Bucket:
        return self

    def paginate(self, **call: Any) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key, "Size": len(body)} for key, body in sorted(self.objects.items())]}]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def archive(bucket: Bucket) -> S3Archive:
    return S3Archive(bucket, "bucket")


def records(first: int, count: int, size: int) -> list[LogRecord]:
    return [LogRecord(Position(SHARD, number), "key", bytes(size)) for number in range(first, first + count)]


def test_reading_a_day_does_not_need_the_memory_of_a_day(archive: S3Archive) -> None:
    """Twenty objects that say two megabytes each are read with less than half a megabyte."""
    for number in range(20):
        archive.store(records(1 + 2000 * number, 2000, 1000), DAY)
    tracemalloc.start()
    try:
        assert sum(1 for _ in archive.read()) == 40_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 500_000


@pytest.mark.parametrize(
    "name",
    [
        "archive/readme.txt",
        f"archive/{DAY}/{SHARD}/1-2.jsonl.gz",
        f"archive/{DAY}/elsewhere/{1:057}-{2:057}.jsonl.gz",
        f"archive/{DAY}/{SHARD}/{1:057}-{2:057}.jsonl",
    ],
)
def test_a_name_that_no_archive_gives_is_reported_and_left_out(archive: S3Archive, bucket: Bucket, name: str) -> None:
    """One foreign key must not hide the log."""
    stored = archive.store(records(1, 2, 10), DAY)
    bucket.objects[name] = b""
    listing = archive.listing()
    assert [one.name for one in listing.objects] == [stored]
    assert list(listing.foreign) == [name]
    assert len(list(archive.read())) == 2


def test_a_record_that_was_dropped_inside_an_object_is_missed(archive: S3Archive, bucket: Bucket) -> None:
    """Its gzip is valid, and it ends as its name says."""
    name = archive.store(records(1, 3, 10), DAY, start=0)
    first, _, last = gzip.decompress(bucket.objects[name]).splitlines(keepends=True)
    bucket.objects[name] = gzip.compress(first + last)
    with pytest.raises(UnreadableObjectError) as refused:
        list(archive.read())
    assert (refused.value.expected, refused.value.got) == ("3 records", "2")


@pytest.mark.parametrize(
    "body",
    [b"", gzip.compress(b"{}\n"), gzip.compress(b"{"), gzip.compress(bytes(99))[:-9]],
    ids=["empty", "no record", "no JSON", "cut off"],
)
def test_an_object_that_is_not_what_was_stored_is_named(archive: S3Archive, bucket: Bucket, body: bytes) -> None:
    """Truncated, empty or altered: it holds records that nobody could miss otherwise."""
    name = archive.store(records(1, 2, 10), DAY)
    bucket.objects[name] = body
    with pytest.raises(InvalidInputError, match=name):
        list(archive.read())
