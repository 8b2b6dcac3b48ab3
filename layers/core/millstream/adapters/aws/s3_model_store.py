"""Model folders in S3; the registry and the promotions in DynamoDB.

One row per model, and one row with the champion and the latest promotions. A promotion is one conditional write, so of
two at the same time one fails.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import condition_failed, translate_aws_errors
from millstream.adapters.aws.row_format import check_row, of_format, unreadable_as
from millstream.application.ports import OnUnreadable, PublishedModel, raise_unreadable
from millstream.domain.errors import ConflictError, InvalidRecordError, NotFoundError
from millstream.domain.models.cards import read_card
from millstream.domain.models.promotions import KEPT_PROMOTIONS, Promotion

FORMAT = 1
"""Of a model's row and of the champion's."""

PREFIX = "models/"
NAME = "recommender"
POINTER = "@champion"
"""The range key of the row that says which version serves; no version begins with @."""


class S3ModelStore:
    """A ModelStore in one bucket and one table."""

    def __init__(self, s3: Any, dynamodb: Any, bucket: str, table: str) -> None:
        self._s3 = s3
        self._dynamodb = dynamodb
        self._bucket = bucket
        self._table = table

    def publish(self, model: PublishedModel, folder: Path, advance: Callable[[int], object] = lambda _: None) -> None:
        """See ModelStore."""
        taken = ConflictError(f"model {model.version} is already published")
        if self._row(model.version):
            raise taken
        self._upload(model.version, folder, advance)
        self._put(_row(model), taken, ConditionExpression="attribute_not_exists(version)")

    def restore(self, version: str, folder: Path, advance: Callable[[int], object] = lambda _: None) -> None:
        """See ModelStore."""
        self._upload(self.model(version).version, folder, advance)

    def model(self, version: str) -> PublishedModel:
        """See ModelStore."""
        row = self._row(version) if version not in ("", POINTER) else None
        if not row:
            raise NotFoundError(f"model {version} was never published")
        return _model(row)

    def models(self, on_unreadable: OnUnreadable = raise_unreadable) -> Sequence[PublishedModel]:
        """See ModelStore."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#name = :name",
            ExpressionAttributeNames={"#name": "name"},  # a reserved word of DynamoDB
            ExpressionAttributeValues={":name": {"S": NAME}},
            ConsistentRead=True,
        )
        with translate_aws_errors(f"query table {self._table}"):
            rows = [row for page in pages for row in page["Items"] if row["version"]["S"] != POINTER]
        models = []
        for row in rows:
            try:
                models.append(_model(row))
            except InvalidRecordError as error:
                on_unreadable(row["version"]["S"], error)
        return sorted(models, key=lambda model: -model.card.created_at_ms)

    def champion(self) -> str | None:
        """See ModelStore."""
        row = self._row(POINTER)
        if "champion" not in row:
            return None
        with unreadable_as("champion", "a version", row["champion"]):
            return str(row["champion"]["S"])

    def promotions(self) -> Sequence[Promotion]:
        """See ModelStore."""
        kept = self._row(POINTER).get("promotions", {"S": "[]"})
        with unreadable_as("promotions", "a list of promotions", kept):
            return [Promotion(*promotion) for promotion in json.loads(kept["S"])]

    def promote(self, promotion: Promotion) -> None:
        """See ModelStore."""
        self.model(promotion.version)
        promotions = self.promotions()
        latest = promotions[-1] if promotions else None
        conflict = ConflictError(f"{promotion.replaced or 'nothing'} no longer serves: another model was promoted")
        if not promotion.follows(latest):
            raise conflict
        pointer = _key(POINTER) | {
            "champion": {"S": promotion.version},
            "promoted": {"N": str(promotion.number)},
            "promotions": {"S": json.dumps([*promotions, promotion][-KEPT_PROMOTIONS:])},
        }
        self._put(of_format(FORMAT, pointer), conflict, **_still_serves(latest))

    def files(self, version: str) -> Collection[str]:
        """See ModelStore."""
        prefix = f"{PREFIX}{version}/"
        return {key.removeprefix(prefix) for key in self._keys(prefix)}

    def fetch(self, version: str, into: Path) -> Path:
        """See ModelStore. An existing folder is complete, because it is renamed to its name in one step."""
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

    def _upload(self, version: str, folder: Path, advance: Callable[[int], object]) -> None:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            key = f"{PREFIX}{version}/{path.relative_to(folder).as_posix()}"
            with translate_aws_errors(f"write {key}"):
                self._s3.upload_file(str(path), self._bucket, key, Callback=advance)

    def _download(self, version: str, folder: Path) -> None:
        prefix = f"{PREFIX}{version}/"
        keys = list(self._keys(prefix))
        if not keys:
            raise NotFoundError(f"model {version} was never published")
        for key in keys:
            path = folder / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            with translate_aws_errors(f"read {key}"):
                self._s3.download_file(self._bucket, key, str(path))

    def _keys(self, prefix: str) -> Iterator[str]:
        with translate_aws_errors(f"list {prefix}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def _row(self, version: str) -> Mapping[str, Any]:
        """A row of the table; empty if there is none."""
        with translate_aws_errors(f"read table {self._table}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key=_key(version), ConsistentRead=True)
        row: Mapping[str, Any] = answer.get("Item", {})
        if version == POINTER:
            check_row("champion", row, FORMAT)
        return row

    def _put(self, row: Mapping[str, Any], conflict: ConflictError, **condition: Any) -> None:
        try:
            with translate_aws_errors(f"write table {self._table}"):
                self._dynamodb.put_item(TableName=self._table, Item=row, **condition)
        except ClientError as error:
            if not condition_failed(error):
                raise
            raise conflict from error


def _key(version: str) -> dict[str, Any]:
    return {"name": {"S": NAME}, "version": {"S": version}}


def _row(model: PublishedModel) -> dict[str, Any]:
    row = _key(model.version) | {
        "digest": {"S": model.digest},
        "published_at_ms": {"N": str(model.published_at_ms)},
        "card": {"S": model.card.to_json()},
        "signature": {"S": json.dumps(model.signature, sort_keys=True)},
    }
    return of_format(FORMAT, row)


def _model(row: Mapping[str, Any]) -> PublishedModel:
    named = f"model {row['version']['S']}"
    check_row(named, row, FORMAT)
    with unreadable_as(named, "its registry row", row.get("card")):
        return PublishedModel(
            version=row["version"]["S"],
            digest=row["digest"]["S"],
            published_at_ms=int(row["published_at_ms"]["N"]),
            card=read_card(row["card"]["S"]),
            signature=json.loads(row["signature"]["S"]),
        )


def _still_serves(latest: Promotion | None) -> dict[str, Any]:
    """The condition that no model was promoted since."""
    if latest is None:
        return {"ConditionExpression": "attribute_not_exists(champion)"}
    return {
        "ConditionExpression": "champion = :champion AND promoted = :number",
        "ExpressionAttributeValues": {":champion": {"S": latest.version}, ":number": {"N": str(latest.number)}},
    }
