"""A workspace in S3, for a replay that runs on many machines or resumes on another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import error_code, translate_aws_errors
from millstream.domain.errors import NotFoundError

KEYS_A_DELETION = 1000


class S3Workspace:
    """A Workspace below a prefix of one bucket. Writes to S3 are atomic."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix.rstrip("/") + "/"

    def put(self, name: str, data: bytes) -> None:
        """See Workspace."""
        with translate_aws_errors(f"write {self._prefix}{name}"):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data)

    def get(self, name: str) -> bytes:
        """See Workspace."""
        try:
            with translate_aws_errors(f"read {self._prefix}{name}"):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
                return bytes(answer["Body"].read())
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            raise NotFoundError(f"nothing is stored under {name}") from error

    def names(self, prefix: str) -> Sequence[str]:
        """See Workspace."""
        with translate_aws_errors(f"list bucket {self._bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return sorted(key.removeprefix(self._prefix) for key in keys)

    def clear(self) -> None:
        """See Workspace."""
        names = self.names("")
        for start in range(0, len(names), KEYS_A_DELETION):
            keys = [{"Key": self._prefix + name} for name in names[start : start + KEYS_A_DELETION]]
            with translate_aws_errors(f"clear {self._prefix}"):
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
