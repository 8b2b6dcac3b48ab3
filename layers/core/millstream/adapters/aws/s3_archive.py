"""The archive in S3: archive/<day>/<shard>/<first>-<last>.jsonl.gz, one line a record, each with its position.

That is format 1. Names of later formats end in .v2.jsonl.gz and so on, so the format is known before reading.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from millstream.adapters.aws.aws_errors import translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.application.collect.archived_objects import ArchivedObject, merged, sliced
from millstream.application.ports import SLICE_BYTES, UNHURRIED, ArchiveSlice, Budget, LogRecord
from millstream.domain.errors import InvalidInputError
from millstream.domain.formats import UNNUMBERED, check_format
from millstream.domain.log.positions import Position, is_shard

FORMAT = 1
PREFIX = "archive/"
_SEQUENCE_DIGITS = 57
"""Sequence numbers in names are padded, so that the order of names is the order of records."""

_NAME = re.compile(
    rf"{PREFIX}(?P<day>\d{{4}}-\d\d-\d\d)/(?P<shard>[^/]+)"
    rf"/(?P<first>\d{{{_SEQUENCE_DIGITS}}})-(?P<last>\d{{{_SEQUENCE_DIGITS}}})(?:\.v(?P<format>\d+))?\.jsonl\.gz"
)


class S3Archive:
    """An Archive in one bucket."""

    def __init__(self, client: Any, bucket: str, attempts_in: Attempts = attempts) -> None:
        self._client = client
        self._bucket = bucket
        self._attempts = attempts_in

    def store(self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED) -> str:
        """See Archive."""
        first, last = records[0].position, records[-1].position
        span = f"{first.sequence_number:0{_SEQUENCE_DIGITS}}-{last.sequence_number:0{_SEQUENCE_DIGITS}}"
        key = f"{PREFIX}{day}/{first.shard}/{span}.jsonl.gz"
        body = gzip.compress("".join(_line(record) for record in records).encode(), compresslevel=6, mtime=0)
        retried(
            f"archive to bucket {self._bucket}",
            lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=body),
            budget,
            self._attempts,
        )
        return key

    def listing(self) -> Iterator[ArchivedObject]:
        """All objects, by name. Raises UnavailableError, InvalidInputError."""
        with translate_aws_errors(f"list bucket {self._bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
            for page in pages:
                yield from (_object(entry["Key"], entry["Size"]) for entry in page.get("Contents", ()))

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """See Archive."""
        return list(sliced(self.listing(), most_bytes))

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
        read_until = -1
        try:
            with gzip.open(io.BytesIO(body)) as lines:
                for record in map(_record, io.BufferedReader(lines)):
                    read_until = record.position.sequence_number
                    yield record
        except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError) as error:
            raise InvalidInputError(one.name, "gzipped lines of JSON, one record each", error) from error
        if read_until != one.last:
            raise InvalidInputError(one.name, f"records up to {one.last}", read_until)


def _object(key: str, stored_bytes: int = 0) -> ArchivedObject:
    """Parse an object's name. Raises InvalidInputError, UnknownFormatError."""
    named = _NAME.fullmatch(key)
    if named is None or not is_shard(named["shard"]):
        raise InvalidInputError("archived object", "a name like archive/<day>/<shard>/<first>-<last>.jsonl.gz", key)
    check_format(f"archived object {key}", int(named["format"] or UNNUMBERED), FORMAT)
    return ArchivedObject(named["day"], named["shard"], int(named["first"]), int(named["last"]), key, stored_bytes)


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
