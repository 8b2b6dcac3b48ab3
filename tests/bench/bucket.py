"""A bucket in a folder, for benchmarks whose subject is not S3: as much of its client as the archive uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


class FolderBucket:
    """A client of S3 with one bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803  # AWS's names
        """See boto3."""
        path = self._folder / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # AWS's names
        """See boto3."""
        return {"Body": (self._folder / Key).open("rb")}

    def get_paginator(self, _operation: str) -> FolderBucket:
        """See boto3: of list_objects_v2."""
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        """One page with everything."""
        files = sorted(path for path in self._folder.rglob("*") if path.is_file())
        keys = [{"Key": str(path.relative_to(self._folder)), "Size": path.stat().st_size} for path in files]
        yield {"Contents": keys}
