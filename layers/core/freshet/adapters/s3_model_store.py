"""Model folders in S3, their registry and the champion's pointer in DynamoDB (PynamoDB)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError, PynamoDBException
from pynamodb.models import Model

from freshet.adapters.aws_errors import unavailable_in_our_words
from freshet.application.ports import PublishedModel
from freshet.domain.errors import ConflictError, NotFoundError, UnavailableError

PREFIX = "models/"
NAME = "recommender"
POINTER = "@champion"
"""The range key of the row that says which version serves; no version begins with @."""


class S3ModelStore:
    """A ModelStore in one bucket and one table."""

    def __init__(self, client: Any, bucket: str, table: str, region: str) -> None:
        self._client = client
        self._bucket = bucket
        self._row = _described(table, region)

    def publish(self, model: PublishedModel, folder: Path) -> None:
        """See ModelStore."""
        if self._get(model.version) is not None:
            raise ConflictError(f"model {model.version} is already published")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            key = f"{PREFIX}{model.version}/{path.relative_to(folder).as_posix()}"
            with unavailable_in_our_words(f"write {key}"):
                self._client.upload_file(str(path), self._bucket, key)
        row = self._row(
            NAME,
            model.version,
            algorithm=model.algorithm,
            created_at_ms=model.created_at_ms,
            digest=model.digest,
            metrics=dict(model.metrics),
        )
        self._put(row, self._row.version.does_not_exist(), f"model {model.version} is already published")

    def champion(self) -> str | None:
        """See ModelStore."""
        pointer = self._get(POINTER)
        return None if pointer is None else str(pointer.champion)

    def promote(self, version: str, expected: str | None) -> None:
        """See ModelStore."""
        if self._get(version) is None:
            raise NotFoundError(f"model {version} was never published")
        champion = self._row.champion
        condition = champion.does_not_exist() if expected is None else champion == expected
        self._put(self._row(NAME, POINTER, champion=version), condition, f"{expected} no longer serves")

    def models(self) -> Sequence[PublishedModel]:
        """See ModelStore."""
        try:
            rows = [row for row in self._row.query(NAME, consistent_read=True) if row.version != POINTER]
        except PynamoDBException as error:
            raise _unavailable(error) from error
        return sorted((_model(row) for row in rows), key=lambda model: -model.created_at_ms)

    def fetch(self, version: str, into: Path) -> Path:
        """See ModelStore. A folder that is there already is complete, since it appears under its name in one step."""
        target = into / version
        if target.exists():
            return target
        into.mkdir(parents=True, exist_ok=True)
        arriving = Path(tempfile.mkdtemp(prefix=f".{version}-", dir=into))
        try:
            self._download(version, arriving)
            return arriving.rename(target)
        except BaseException:
            shutil.rmtree(arriving, ignore_errors=True)
            raise

    def _download(self, version: str, folder: Path) -> None:
        prefix = f"{PREFIX}{version}/"
        keys = list(self._keys(prefix))
        if not keys:
            raise NotFoundError(f"model {version} was never published")
        for key in keys:
            path = folder / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            with unavailable_in_our_words(f"read {key}"):
                self._client.download_file(self._bucket, key, str(path))

    def _keys(self, prefix: str) -> Iterator[str]:
        with unavailable_in_our_words(f"list {prefix}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def _get(self, version: str) -> Any | None:
        try:
            return self._row.get(NAME, version, consistent_read=True)
        except DoesNotExist:
            return None
        except PynamoDBException as error:
            raise _unavailable(error) from error

    def _put(self, row: Any, condition: Any, conflict: str) -> None:
        try:
            row.save(condition=condition)
        except PutError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                raise ConflictError(conflict) from error
            raise _unavailable(error) from error


def _described(table: str, region_name: str) -> Any:
    """PynamoDB reads a table's name from its class, so each table gets a class of its own."""

    class ModelRow(Model):
        class Meta:
            table_name = table
            region = region_name

        name = UnicodeAttribute(hash_key=True)
        version = UnicodeAttribute(range_key=True)
        algorithm = UnicodeAttribute(null=True)
        created_at_ms = NumberAttribute(null=True)
        digest = UnicodeAttribute(null=True)
        metrics = JSONAttribute(null=True)
        champion = UnicodeAttribute(null=True)

    return ModelRow


def _model(row: Any) -> PublishedModel:
    metrics = {name: float(value) for name, value in (row.metrics or {}).items()}
    return PublishedModel(row.version, row.algorithm, int(row.created_at_ms), row.digest, metrics)


def _unavailable(error: PynamoDBException) -> UnavailableError:
    return UnavailableError(f"model registry: {error}")
