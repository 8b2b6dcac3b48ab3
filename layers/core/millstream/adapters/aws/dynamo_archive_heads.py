"""The heads of the archive's shards in DynamoDB: one row per shard in the items table, written on its last state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import condition_failed, translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.adapters.aws.row_format import check_row, of_format
from millstream.application.ports import UNHURRIED, Budget, Head
from millstream.domain.errors import ConflictError

FORMAT = 1
KIND = "@archive"


class DynamoArchiveHeads:
    """The heads of an archive, in one table."""

    def __init__(self, client: Any, table: str, attempts_in: Attempts = attempts) -> None:
        self._client = client
        self._table = table
        self._attempts = attempts_in

    def head(self, shard: str) -> Head | None:
        """See Archive."""
        with translate_aws_errors(f"read table {self._table}"):
            row = self._client.get_item(TableName=self._table, Key=_key(shard), ConsistentRead=True).get("Item")
        return row and _head(row)

    def heads(self) -> Mapping[str, Head]:
        """See Archive."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": KIND}},
            ConsistentRead=True,
        )
        with translate_aws_errors(f"query table {self._table}"):
            return {row["shard"]["S"]: _head(row) for page in pages for row in page["Items"]}

    def advance(self, shard: str, seen: Head | None, to: Head, budget: Budget = UNHURRIED) -> None:
        """See Archive."""
        row = of_format(FORMAT, _key(shard) | {"last": {"S": str(to.last)}, "records": {"N": str(to.records)}})
        put = {"TableName": self._table, "Item": row, **_as_seen(seen)}
        try:
            retried(f"write table {self._table}", lambda: self._client.put_item(**put), budget, self._attempts)
        except ClientError as error:
            if not condition_failed(error):
                raise
            # A repeated write after a lost answer has already done it.
            if self.head(shard) != to:
                raise ConflictError(f"the archive of {shard} no longer ends at {seen}") from error


def _as_seen(seen: Head | None) -> dict[str, Any]:
    if seen is None:
        return {"ConditionExpression": "attribute_not_exists(kind)"}
    return {
        "ConditionExpression": "#last = :last AND records = :records",
        "ExpressionAttributeNames": {"#last": "last"},  # a reserved word of DynamoDB
        "ExpressionAttributeValues": {":last": {"S": str(seen.last)}, ":records": {"N": str(seen.records)}},
    }


def _key(shard: str) -> dict[str, Any]:
    return {"kind": {"S": KIND}, "shard": {"S": shard}}


def _head(row: Mapping[str, Any]) -> Head:
    check_row(f"archive head of {row['shard']['S']}", row, FORMAT)
    return Head(int(row["last"]["S"]), int(row["records"]["N"]))
