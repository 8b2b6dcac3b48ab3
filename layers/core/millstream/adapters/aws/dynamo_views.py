"""The versions of the views in DynamoDB: in the same two tables, with keys that begin with the version's number.

One row of the items table points to the serving version, and one row per version describes it. Source of the switch: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import condition_failed, translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.adapters.aws.dynamo_feature_store import (
    BEGUN,
    PARALLEL_WRITES,
    POINTER,
    VIEW,
    DynamoFeatureStore,
    Tables,
    serves,
)
from millstream.adapters.aws.row_format import check_row, of_format, unreadable_as
from millstream.application.ports import FIRST_VIEW, ONCE, UNHURRIED, Budget, FeatureStore, ViewVersion
from millstream.domain.errors import ConflictError, InvalidInputError

FORMAT = 2
"""Of a version's row. Format 1 does not say which imports the version was built from."""

POINTER_FORMAT = 1

MOST_CLOSED_AT_ONCE = 99
"""Rows that one transaction can close, in addition to the pointer's."""


class DynamoViews:
    """Views over two tables."""

    def __init__(self, client: Any, users_table: str, items_table: str, attempts_in: Attempts = attempts) -> None:
        self._client = client
        self._tables = Tables(users_table, items_table)
        self._pool = ThreadPoolExecutor(PARALLEL_WRITES)
        self._attempts = attempts_in

    def serving(self, budget: Budget = ONCE) -> int:
        """See Views."""
        return _number(self._pointer(budget), "serving", FIRST_VIEW.number)

    def serving_store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """See Views."""
        return DynamoFeatureStore(
            self._client, self._tables, view, self._pool, budget, serves(view), attempts_in=self._attempts
        )

    def store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """See Views."""
        return DynamoFeatureStore(self._client, self._tables, view, self._pool, budget, attempts_in=self._attempts)

    def versions(self) -> Sequence[ViewVersion]:
        """See Views."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._tables.items,
            KeyConditionExpression="kind = :kind AND #shard < :pointer",
            ExpressionAttributeNames={"#shard": "shard"},  # a reserved word of DynamoDB
            ExpressionAttributeValues={":kind": {"S": VIEW}, ":pointer": POINTER["shard"]},
            ConsistentRead=True,
        )
        with translate_aws_errors(f"query table {self._tables.items}"):
            noted = [_version(item) for page in pages for item in page["Items"]]
        return noted if noted and noted[0].number == FIRST_VIEW.number else [FIRST_VIEW, *noted]

    def begin(self, version: ViewVersion) -> None:
        """See Views."""
        taken = ConflictError(f"view {version.number} exists")
        if version.number <= FIRST_VIEW.number:
            raise taken
        with _conflict_becomes(taken), translate_aws_errors(f"write table {self._tables.items}"):
            self._client.put_item(
                TableName=self._tables.items, Item=_noted(version), ConditionExpression="attribute_not_exists(kind)"
            )

    def shards_begun(self) -> int:
        """See Views."""
        return _number(self._pointer(UNHURRIED), BEGUN, 0)

    def switch(self, expected: int, to: int, closing: Mapping[str, int], begun: int | None = None) -> None:
        """See Views. At most MOST_CLOSED_AT_ONCE shards; Raises InvalidInputError for more."""
        if len(closing) > MOST_CLOSED_AT_ONCE:
            raise InvalidInputError("closing", f"at most {MOST_CLOSED_AT_ONCE} shards that are open", len(closing))
        old = DynamoFeatureStore(self._client, self._tables, expected, self._pool)
        pointer = of_format(POINTER_FORMAT, {**POINTER, "serving": {"N": str(to)}})
        put = {"TableName": self._tables.items, "Item": pointer, **_serves_since(expected, begun)}
        writes: list[dict[str, Any]] = [{"Put": put}]
        writes += [{"Update": old.closing(shard, version)} for shard, version in closing.items()]
        conflict = ConflictError(f"view {expected} changed or no longer serves; view {to} does not serve yet")
        with _conflict_becomes(conflict), translate_aws_errors(f"write table {self._tables.items}"):
            self._client.transact_write_items(TransactItems=writes)

    def _pointer(self, budget: Budget) -> dict[str, Any]:
        """The row that points to the serving version; empty before the first switch."""
        answer = retried(
            f"read table {self._tables.items}",
            lambda: self._client.get_item(TableName=self._tables.items, Key=POINTER, ConsistentRead=True),
            budget,
            self._attempts,
        )
        item: dict[str, Any] = answer.get("Item", {})
        check_row("pointer to the serving view", item, POINTER_FORMAT)
        return item

    def drop(self, view: int) -> Iterator[int]:
        """See Views."""
        serving = self.serving()
        if view == serving:
            raise ConflictError(f"view {view} serves")
        if view > serving:
            raise ConflictError(f"view {view} is newer than the serving view {serving}: a rebuild may be building it")
        # Marked as dropped first, so that an interrupted drop leaves no version that looks complete.
        about = {version.number: version for version in self.versions()}.get(view, ViewVersion(view))
        with translate_aws_errors(f"write table {self._tables.items}"):
            self._client.put_item(TableName=self._tables.items, Item=_noted(replace(about, dropped=True)))
        yield from DynamoFeatureStore(self._client, self._tables, view, self._pool).delete_all()


def _serves_since(view: int, begun: int | None) -> dict[str, Any]:
    """The condition that a version serves, and that its number of begun shards is unchanged."""
    condition = serves(view)
    if begun is None:
        return condition
    same = f"{BEGUN} = :begun" if begun else f"attribute_not_exists({BEGUN})"
    values = {**condition["ExpressionAttributeValues"], **({":begun": {"N": str(begun)}} if begun else {})}
    both = f"({condition['ConditionExpression']}) AND {same}"
    return {"ConditionExpression": both, "ExpressionAttributeValues": values}


def _key(view: int) -> dict[str, Any]:
    return {"kind": {"S": VIEW}, "shard": {"S": f"{view:05}"}}


def _noted(version: ViewVersion) -> dict[str, Any]:
    return of_format(FORMAT, {**_key(version.number), "about": {"S": json.dumps(asdict(version), sort_keys=True)}})


def _number(pointer: Mapping[str, Any], name: str, default: int) -> int:
    """A number of the pointer's row. Raises InvalidRecordError."""
    stored = pointer.get(name, {"N": str(default)})
    with unreadable_as(f"pointer to the serving view: {name}", "a number", stored):
        return int(stored["N"])


def _version(item: Mapping[str, Any]) -> ViewVersion:
    check_row("view", item, FORMAT)
    with unreadable_as(f"view {item['shard']['S']}", "its description", item.get("about")):
        return ViewVersion(**json.loads(item["about"]["S"]))


@contextmanager
def _conflict_becomes(conflict: ConflictError) -> Iterator[None]:
    """Raise this error if a condition of the write failed (and nothing was written)."""
    try:
        yield
    except ClientError as error:
        if not condition_failed(error):
            raise
        raise conflict from error
