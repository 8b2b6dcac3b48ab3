"""The views in DynamoDB.

User rows are written by PartiQL in batches of 25: a conditional write each, a tenth of the client's cost of one call a
row. Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from freshet.adapters.aws_errors import error_code, may_succeed_later, unavailable_in_our_words
from freshet.application.ports import NO_ROW, UserWrite, UserWriteReport, VersionedRow
from freshet.domain.errors import ConflictError, FreshetError, UnavailableError
from freshet.domain.keys import Pseudonym

TREND = "trend"
KEYS_A_READ = 100
STATEMENTS_A_WRITE = 25
PARALLEL_WRITES = 4
ATTEMPTS = 5
FIRST_PAUSE_S = 0.02

_STALE = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_Thing = TypeVar("_Thing")


class DynamoFeatureStore:
    """A FeatureStore over two tables; attributes are one letter each, because names count as bytes of a row."""

    def __init__(self, client: Any, users_table: str, items_table: str) -> None:
        self._client = client
        self._users = users_table
        self._items = items_table
        self._insert = f"INSERT INTO \"{users_table}\" VALUE {{'u': ?, 's': ?, 'v': ?}}"
        self._update = f'UPDATE "{users_table}" SET s = ? SET v = ? WHERE u = ? AND v = ?'  # noqa: S608  # a setting
        self._pool = ThreadPoolExecutor(PARALLEL_WRITES)

    def read_user(self, user: Pseudonym) -> VersionedRow:
        """See FeatureStore."""
        with unavailable_in_our_words(f"read table {self._users}"):
            answer = self._client.get_item(TableName=self._users, Key={"u": {"B": user}}, ConsistentRead=True)
        return _row(answer["Item"]) if "Item" in answer else NO_ROW

    def read_users(self, users: Collection[Pseudonym]) -> dict[Pseudonym, VersionedRow]:
        """See FeatureStore."""
        rows: dict[Pseudonym, VersionedRow] = {}
        for keys in _chunks(users, KEYS_A_READ):
            rows.update(self._read_batch(keys))
        return rows

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        reports = list(self._pool.map(self._write_batch, _chunks(writes, STATEMENTS_A_WRITE)))
        return UserWriteReport(
            stale=frozenset().union(*(report.stale for report in reports)),
            unavailable=frozenset().union(*(report.unavailable for report in reports)),
        )

    def read_trend(self, shard: str) -> VersionedRow:
        """See FeatureStore."""
        key = {"kind": {"S": TREND}, "shard": {"S": shard}}
        with unavailable_in_our_words(f"read table {self._items}"):
            answer = self._client.get_item(TableName=self._items, Key=key, ConsistentRead=True)
        return _row(answer["Item"]) if "Item" in answer else NO_ROW

    def read_trends(self) -> dict[str, VersionedRow]:
        """See FeatureStore."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._items,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": TREND}},
        )
        with unavailable_in_our_words(f"query table {self._items}"):
            return {item["shard"]["S"]: _row(item) for page in pages for item in page["Items"]}

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(v)"}
        if expected_version:
            values = {":expected": {"N": str(expected_version)}}
            condition = {"ConditionExpression": "v = :expected", "ExpressionAttributeValues": values}
        item = {"kind": {"S": TREND}, "shard": {"S": shard}, "s": {"B": data}, "v": {"N": str(expected_version + 1)}}
        try:
            with unavailable_in_our_words(f"write table {self._items}"):
                self._client.put_item(TableName=self._items, Item=item, **condition)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise ConflictError(f"the trend of {shard} is no longer at version {expected_version}") from error

    def _read_batch(self, users: Sequence[Pseudonym]) -> Iterator[tuple[Pseudonym, VersionedRow]]:
        request: dict[str, Any] = {self._users: {"Keys": [{"u": {"B": u}} for u in users], "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            with unavailable_in_our_words(f"read table {self._users}"):
                answer = self._client.batch_get_item(RequestItems=request)
            yield from ((bytes(item["u"]["B"]), _row(item)) for item in answer["Responses"].get(self._users, ()))
            request = answer.get("UnprocessedKeys", {})
            if not request:
                return
            _pause(attempt)
        raise UnavailableError(f"table {self._users} left keys unread in {ATTEMPTS} attempts")

    def _write_batch(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        stale: set[Pseudonym] = set()
        for attempt in range(ATTEMPTS):
            later: list[UserWrite] = []
            for write, code in zip(writes, self._execute(writes), strict=True):
                if code in _STALE:
                    stale.add(write.user)
                elif code is not None:
                    later.append(write)
            if not later:
                return UserWriteReport(stale=frozenset(stale))
            writes = later
            _pause(attempt)
        return UserWriteReport(frozenset(stale), frozenset(write.user for write in writes))

    def _execute(self, writes: Sequence[UserWrite]) -> list[str | None]:
        """One call; for each write None, or the code of a refusal that is stale or may succeed later."""
        try:
            with unavailable_in_our_words(f"write table {self._users}"):
                answer = self._client.batch_execute_statement(Statements=[self._statement(write) for write in writes])
        except UnavailableError:
            return ["unavailable"] * len(writes)
        codes = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
        for code, response in zip(codes, answer["Responses"], strict=True):
            if code is not None and code not in _STALE and not may_succeed_later(code):
                raise FreshetError(f"write table {self._users}: {code}: {response['Error'].get('Message')}")
        return codes

    def _statement(self, write: UserWrite) -> dict[str, Any]:
        state, version = {"B": write.data}, {"N": str(write.expected_version + 1)}
        if not write.expected_version:
            return {"Statement": self._insert, "Parameters": [{"B": write.user}, state, version]}
        expected = {"N": str(write.expected_version)}
        return {"Statement": self._update, "Parameters": [state, version, {"B": write.user}, expected]}


def _row(item: dict[str, Any]) -> VersionedRow:
    return VersionedRow(int(item["v"]["N"]), bytes(item["s"]["B"]))


def _chunks(things: Collection[_Thing], size: int) -> Iterator[list[_Thing]]:
    remaining = iter(things)
    while chunk := list(islice(remaining, size)):
        yield chunk


def _pause(attempt: int) -> None:
    """Wait longer each time, and not in step with others. Source: AWS, "Exponential Backoff And Jitter" (2015)."""
    time.sleep(random.uniform(0, FIRST_PAUSE_S * 2**attempt))
