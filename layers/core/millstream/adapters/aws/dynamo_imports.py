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
from millstream.adapters.aws.row_format import FORMAT as ROW_FORMAT
from millstream.adapters.aws.row_format import check_row, of_format
from millstream.application.ports import ImportEntry
from millstream.domain.errors import NotFoundError, UnavailableError

KIND = "imports"
FORMAT = 2
"""Format 1 has no files, no times, and no void imports."""

ATTEMPTS = 20
"""Attempts to get a number. Each failure means that another import got one."""

_DIGITS = 7  # 2**23 imports leave 2**40 records to each in a signed 64-bit number; zeros keep the rows in order


class DynamoImports:
    """An Imports over the items' table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def begin(
        self,
        import_id: str,
        what: str,
        now_ms: int,
        files: Sequence[str] | None = None,
        times: tuple[int, int] | None = None,
    ) -> ImportEntry:
        """See Imports."""
        digests = None if files is None else tuple(files)
        for _ in range(ATTEMPTS):
            entries = self.entries()
            for entry in entries:
                if entry.import_id == import_id and not entry.void:
                    return entry
            number = entries[-1].number + 1 if entries else 1
            new = ImportEntry(number, import_id, what, now_ms, files=digests, times=times)
            if self._insert(new):
                return new
        raise UnavailableError(f"{ATTEMPTS} other imports began at the same time")

    def finish(self, number: int, counts: Mapping[str, int]) -> None:
        """See Imports."""
        self._update(number, "counts", {"S": json.dumps(dict(counts))})

    def void(self, number: int) -> None:
        """See Imports."""
        self._update(number, "void", {"BOOL": True})

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

    def _update(self, number: int, name: str, value: Mapping[str, Any]) -> None:
        """Set an attribute that is not set yet; the row is of today's format then. Raises NotFoundError."""
        if not any(entry.number == number for entry in self.entries()):
            raise NotFoundError(f"import {number} does not exist")
        self._if_allowed(
            self._client.update_item,
            Key=_key(number),
            UpdateExpression="SET #name = :value, #format = :format",
            ConditionExpression="attribute_not_exists(#name)",
            ExpressionAttributeNames={"#name": name, "#format": ROW_FORMAT},
            ExpressionAttributeValues={":value": value, ":format": {"N": str(FORMAT)}},
        )

    def _insert(self, entry: ImportEntry) -> bool:
        row = {"import_id": {"S": entry.import_id}, "what": {"S": entry.what}, "began": {"N": str(entry.began_at_ms)}}
        if entry.files is not None:
            row["files"] = {"S": json.dumps(entry.files)}
        if entry.times is not None:
            row["times"] = {"S": json.dumps(entry.times)}
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

    def said(name: str) -> Any:
        return json.loads(row[name]["S"]) if name in row else None

    files, times = said("files"), said("times")
    return ImportEntry(
        number=int(row["shard"]["S"]),
        import_id=row["import_id"]["S"],
        what=row["what"]["S"],
        began_at_ms=int(row["began"]["N"]),
        counts=said("counts"),
        files=None if files is None else tuple(files),
        times=None if times is None else (times[0], times[1]),
        void="void" in row,
    )
