"""The registry of imports in DynamoDB: one row per import in the items table, with its number as the key.

A new import takes the next number, on the condition that it is free. If two begin at once, one of the writes fails; it
reads again and finds the other, also if both are the same import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import condition_failed, translate_aws_errors
from millstream.adapters.aws.row_format import check_row, of_format
from millstream.application.ports import ImportEntry
from millstream.domain.errors import NotFoundError, UnavailableError

KIND = "imports"
FORMAT = 1
ATTEMPTS = 20
"""Attempts to get a number. Each failure means that another import got one."""

_DIGITS = 7  # 2**23 imports leave 2**40 records to each in a signed 64-bit number; zeros keep the rows in order


class DynamoImports:
    """An Imports over the items' table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, import_id: str, what: str, now_ms: int) -> ImportEntry:
        """See Imports."""
        for _ in range(ATTEMPTS):
            entries = self.entries()
            for entry in entries:
                if entry.import_id == import_id:
                    return entry
            number = entries[-1].number + 1 if entries else 1
            if self._insert(ImportEntry(number, import_id, what, now_ms)):
                return ImportEntry(number, import_id, what, now_ms)
        raise UnavailableError(f"{ATTEMPTS} other imports began at the same time")

    def finish(self, import_id: str, counts: Mapping[str, int]) -> None:
        """See Imports."""
        entry = next((entry for entry in self.entries() if entry.import_id == import_id), None)
        if entry is None:
            raise NotFoundError(f"import {import_id} does not exist")
        self._if_allowed(
            self._client.update_item,
            Key=_key(entry.number),
            UpdateExpression="SET counts = :counts",
            ConditionExpression="attribute_not_exists(counts)",
            ExpressionAttributeValues={":counts": {"S": json.dumps(dict(counts))}},
        )

    def entries(self) -> Sequence[ImportEntry]:
        """See Imports."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": KIND}},
            ConsistentRead=True,
        )
        with translate_aws_errors(f"query table {self._table}"):
            return [_entry(row) for page in pages for row in page["Items"]]

    def _insert(self, entry: ImportEntry) -> bool:
        row = {"import_id": {"S": entry.import_id}, "what": {"S": entry.what}, "began": {"N": str(entry.began_at_ms)}}
        return self._if_allowed(
            self._client.put_item,
            Item=of_format(FORMAT, _key(entry.number) | row),
            ConditionExpression="attribute_not_exists(kind)",
        )

    def _if_allowed(self, call: Any, **arguments: Any) -> bool:
        """Make a conditional write; False if its condition failed."""
        try:
            with translate_aws_errors(f"write table {self._table}"):
                call(TableName=self._table, **arguments)
        except ClientError as error:
            if not condition_failed(error):
                raise
            return False
        return True


def _key(number: int) -> dict[str, Any]:
    return {"kind": {"S": KIND}, "shard": {"S": f"{number:0{_DIGITS}}"}}


def _entry(row: dict[str, Any]) -> ImportEntry:
    check_row("import", row, FORMAT)
    counts = json.loads(row["counts"]["S"]) if "counts" in row else None
    return ImportEntry(int(row["shard"]["S"]), row["import_id"]["S"], row["what"]["S"], int(row["began"]["N"]), counts)
