"""The archive in S3: archive/<day>/<shard>/<first>-<last>.jsonl.gz, one line a record, each with its position."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from freshet.adapters.aws_errors import unavailable_in_our_words
from freshet.application.ports import LogRecord
from freshet.domain.positions import Position

PREFIX = "archive/"
_SEQUENCE_DIGITS = 57
"""Sequence numbers in names are padded, so that the order of names is the order of records."""


class S3Archive:
    """An Archive in one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def store(self, records: Sequence[LogRecord], day: str) -> str:
        """See Archive."""
        first, last = records[0].position, records[-1].position
        span = f"{first.sequence_number:0{_SEQUENCE_DIGITS}}-{last.sequence_number:0{_SEQUENCE_DIGITS}}"
        key = f"{PREFIX}{day}/{first.shard}/{span}.jsonl.gz"
        body = gzip.compress("".join(_line(record) for record in records).encode(), compresslevel=6, mtime=0)
        with unavailable_in_our_words(f"archive to bucket {self._bucket}"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        return key

    def read(self) -> Iterator[LogRecord]:
        """See Archive."""
        keys = sorted(self._keys(), key=lambda key: key.split("/")[2:])
        for _, of_shard in groupby(keys, key=lambda key: key.split("/")[2]):
            read_until = -1
            for key in of_shard:
                for record in self._records(key):
                    if record.position.sequence_number > read_until:
                        read_until = record.position.sequence_number
                        yield record

    def _keys(self) -> Iterator[str]:
        with unavailable_in_our_words(f"list bucket {self._bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def _records(self, key: str) -> Iterator[LogRecord]:
        with unavailable_in_our_words(f"read {key}"):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return map(_record, gzip.decompress(body).splitlines())


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
