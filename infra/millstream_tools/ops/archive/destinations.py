"""Destinations of Parquet files: a folder, or the archive's bucket under parquet/. Writes are atomic."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import error_code, translate_aws_errors

PREFIX = "parquet/"
SUFFIX = ".parquet"


class Destination(Protocol):
    """Files by name; a name may have slashes."""

    def read(self, name: str) -> bytes | None:
        """A small file's bytes, or None if it does not exist."""

    def put(self, name: str, path: Path) -> None:
        """Store a finished file, replacing an existing one. The file may or may not remain at its path."""

    def scratch(self) -> Path:
        """A folder for files that are being written."""

    def names(self) -> Iterator[str]:
        """Every Parquet file's name."""


class Folder:
    """A Destination on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    def read(self, name: str) -> bytes | None:
        """See Destination."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, path: Path) -> None:
        """See Destination."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)

    def scratch(self) -> Path:
        """See Destination; on the same file system, so that a file can be moved in one step."""
        self._root.mkdir(parents=True, exist_ok=True)
        return self._root

    def names(self) -> Iterator[str]:
        """See Destination."""
        return (path.relative_to(self._root).as_posix() for path in sorted(self._root.glob(f"*/*{SUFFIX}")))


class Bucket:
    """A Destination in S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{PREFIX}"

    def read(self, name: str) -> bytes | None:
        """See Destination."""
        try:
            with translate_aws_errors(f"read {PREFIX}{name}"):
                return bytes(self._client.get_object(Bucket=self._bucket, Key=PREFIX + name)["Body"].read())
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise

    def put(self, name: str, path: Path) -> None:
        """See Destination."""
        with translate_aws_errors(f"write {PREFIX}{name}"):
            self._client.upload_file(str(path), self._bucket, PREFIX + name)

    def scratch(self) -> Path:
        """See Destination."""
        return Path(tempfile.gettempdir())

    def names(self) -> Iterator[str]:
        """See Destination."""
        with translate_aws_errors(f"list bucket {self._bucket}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX):
                keys = (entry["Key"] for entry in page.get("Contents", ()))
                yield from (key.removeprefix(PREFIX) for key in keys if key.endswith(SUFFIX))


@contextmanager
def growing_file(destination: Destination) -> Iterator[Path]:
    """A temporary path for a file that is being written, deleted at the end."""
    path = destination.scratch() / f".growing-{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
