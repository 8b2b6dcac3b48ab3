"""The archive in S3: one line a record, each with its position. The name of an object says what it contains.

    format 1   archive/<day>/<shard>/<first>-<last>.jsonl.gz
    format 2   archive/<day>/<shard>/<first>-<last>.<start>-<records>.v2.jsonl.gz

Format 2 adds the numbers of records before the object and in it; format 1 is still written where the former is unknown.
The name has the format, so it is known before reading. The heads of the shards are in `dynamo_archive_heads`.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from millstream.adapters.aws.aws_errors import translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.adapters.aws.dynamo_archive_heads import DynamoArchiveHeads
from millstream.application.collect.archived_objects import merged, sliced
from millstream.application.ports import (
    SLICE_BYTES,
    UNHURRIED,
    ArchivedObject,
    ArchiveSlice,
    Budget,
    Head,
    Listing,
    LogRecord,
    UnreadableObjectError,
)
from millstream.domain.errors import InvalidInputError, MillstreamError
from millstream.domain.formats import UNNUMBERED, check_format
from millstream.domain.log.positions import Position, is_shard

FORMAT = 2
PREFIX = "archive/"
_SEQUENCE_DIGITS = 57
"""Sequence numbers in names are padded, so that the order of names is the order of records."""

_NAME = re.compile(
    rf"{PREFIX}(?P<day>\d{{4}}-\d\d-\d\d)/(?P<shard>[^/]+)"
    rf"/(?P<first>\d{{{_SEQUENCE_DIGITS}}})-(?P<last>\d{{{_SEQUENCE_DIGITS}}})"
    r"(?:\.(?P<start>\d+)-(?P<records>\d+))?(?:\.v(?P<format>\d+))?\.jsonl\.gz"
)


class S3Archive:
    """An Archive in one bucket. Without `heads`, for functions that only read objects, no head is known."""

    def __init__(
        self, client: Any, bucket: str, heads: DynamoArchiveHeads | None = None, attempts_in: Attempts = attempts
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._heads = heads
        self._attempts = attempts_in

    def store(
        self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED, *, start: int | None = None
    ) -> str:
        """See Archive."""
        first, last = records[0].position, records[-1].position
        span = f"{first.sequence_number:0{_SEQUENCE_DIGITS}}-{last.sequence_number:0{_SEQUENCE_DIGITS}}"
        counts = "" if start is None else f".{start}-{len(records)}.v{FORMAT}"
        key = f"{PREFIX}{day}/{first.shard}/{span}{counts}.jsonl.gz"
        body = gzip.compress("".join(_line(record) for record in records).encode(), compresslevel=6, mtime=0)
        retried(
            f"archive to bucket {self._bucket}",
            lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=body),
            budget,
            self._attempts,
        )
        return key

    def head(self, shard: str) -> Head | None:
        """See Archive."""
        return self._heads.head(shard) if self._heads else None

    def heads(self) -> Mapping[str, Head]:
        """See Archive."""
        return self._heads.heads() if self._heads else {}

    def advance(self, shard: str, seen: Head | None, to: Head, budget: Budget = UNHURRIED) -> None:
        """See Archive."""
        if self._heads is None:
            raise MillstreamError("this archive was opened without its heads, so it cannot be appended to")
        self._heads.advance(shard, seen, to, budget)

    def listing(self) -> Listing:
        """See Archive."""
        objects, foreign = [], {}
        with translate_aws_errors(f"list bucket {self._bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
            for entry in chain.from_iterable(page.get("Contents", ()) for page in pages):
                try:
                    objects.append(_object(entry["Key"], entry["Size"]))
                except InvalidInputError as error:
                    foreign[entry["Key"]] = str(error)
        return Listing(objects, foreign)

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """See Archive."""
        return list(sliced(self.listing().objects, most_bytes))

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """See Archive."""
        return merged((_object(name) for name in slice_.names), self._records)

    def read(self) -> Iterator[LogRecord]:
        """See Archive."""
        return chain.from_iterable(map(self.read_slice, self.slices()))

    def _records(self, one: ArchivedObject) -> Iterator[LogRecord]:
        with translate_aws_errors(f"read {one.name}"):
            body = self._client.get_object(Bucket=self._bucket, Key=one.name)["Body"].read()
        # Line by line, so that only the compressed object is in memory.
        read_until, count = -1, 0
        try:
            with gzip.open(io.BytesIO(body)) as lines:
                for record in map(_record, io.BufferedReader(lines)):
                    read_until = record.position.sequence_number
                    count += 1
                    yield record
        except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError) as error:
            raise UnreadableObjectError(one, "gzipped lines of JSON, one record each", error) from error
        if read_until != one.last:
            raise UnreadableObjectError(one, f"records up to {one.last}", read_until)
        if one.records not in {None, count}:
            raise UnreadableObjectError(one, f"{one.records} records", count)


def _object(key: str, stored_bytes: int = 0) -> ArchivedObject:
    """Parse an object's name. Raises InvalidInputError, UnknownFormatError."""
    named = _NAME.fullmatch(key)
    if named is None or not is_shard(named["shard"]):
        raise InvalidInputError("archived object", "a name like archive/<day>/<shard>/<first>-<last>.jsonl.gz", key)
    check_format(f"archived object {key}", int(named["format"] or UNNUMBERED), FORMAT)
    counts = (None, None) if named["start"] is None else (int(named["start"]), int(named["records"]))
    first, last = int(named["first"]), int(named["last"])
    return ArchivedObject(named["day"], named["shard"], first, last, key, stored_bytes, *counts)


def _line(record: LogRecord) -> str:
    fields = {
        "shard": record.position.shard,
        "sequenceNumber": str(record.position.sequence_number),
        "partitionKey": record.partition_key,
        "data": base64.b64encode(record.data).decode(),
    }
    return json.dumps(fields, separators=(",", ":")) + "\n"


def _record(line: bytes) -> LogRecord:
    fields = json.loads(line)
    position = Position(fields["shard"], int(fields["sequenceNumber"]))
    return LogRecord(position, fields["partitionKey"], base64.b64decode(fields["data"]))
