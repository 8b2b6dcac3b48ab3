"""The views in DynamoDB.

User rows are written by PartiQL in batches of 25 conditional writes, at a tenth of the client's cost of single calls.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html

Calls of a projector are retried here while its budget lasts, row by row where DynamoDB reports errors by row. A write
with a lost response is repeated; if it had been stored, its condition fails, and it is reported as stale or as a
conflict: the caller reads again and finds it done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from millstream.adapters.aws.aws_errors import condition_failed, may_succeed_later, translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.adapters.aws.versioned_rows import NO_VERSION, at_version, versioned_row
from millstream.application.ports import FIRST_VIEW, NO_ROW, UNHURRIED, Budget, UserWrite, UserWriteReport, VersionedRow
from millstream.domain.errors import ConflictError, MillstreamError, UnavailableError, ViewClosedError
from millstream.domain.keys import Pseudonym

TREND = "trend"
CLOSED = "closed"
VIEW = "view"
BEGUN = "begun"
"""How many shards got their first trend row since the version serves: an attribute of the pointer's row."""

POINTER = {"kind": {"S": VIEW}, "shard": {"S": "serving"}}
VIEW_BYTES = 2
"""The view's number precedes the pseudonym in a user's key; its bytes count as bytes of the row."""

KEYS_A_READ = 100
STATEMENTS_A_WRITE = 25
PARALLEL_WRITES = 4

_STALE = frozenset({"ConditionalCheckFailed", "DuplicateItem"})
_Thing = TypeVar("_Thing")


@dataclass(frozen=True)
class Tables:
    """The two tables of the views, which all versions share."""

    users: str
    items: str


def user_key(view: int, user: Pseudonym) -> dict[str, Any]:
    """The key of a user's row."""
    return {"u": {"B": view.to_bytes(VIEW_BYTES) + user}}


def trend_key(view: int, shard: str) -> dict[str, Any]:
    """The key of a shard's trend row."""
    return {"kind": {"S": f"{TREND}.{view:05}"}, "shard": {"S": shard}}


def serves(view: int) -> dict[str, Any]:
    """The condition, on the pointer's row, that a version serves; without that row the first version serves."""
    condition = "serving = :view" if view != FIRST_VIEW.number else "attribute_not_exists(kind) OR serving = :view"
    return {"ConditionExpression": condition, "ExpressionAttributeValues": {":view": {"N": str(view)}}}


class DynamoFeatureStore:
    """A FeatureStore: one version of the views, in keys that begin with its number.

    Attributes are one letter each, because names count as bytes of a row. `serving` is the condition, on the pointer's
    row, under which a shard's first trend row may be written; None for a version that is being built.
    """

    def __init__(
        self,
        client: Any,
        tables: Tables,
        view: int,
        pool: ThreadPoolExecutor,
        budget: Budget = UNHURRIED,
        serving: Mapping[str, Any] | None = None,
        attempts_in: Attempts = attempts,
    ) -> None:
        self.view = view
        self._client = client
        self._users = tables.users
        self._items = tables.items
        self._insert = f"INSERT INTO \"{tables.users}\" VALUE {{'u': ?, 's': ?, 'v': ?}}"
        self._update = f'UPDATE "{tables.users}" SET s = ? SET v = ? WHERE u = ? AND v = ?'  # noqa: S608  # a setting
        self._pool = pool
        self._budget = budget
        self._serving = serving
        self._attempts = attempts_in

    def read_user(self, user: Pseudonym) -> VersionedRow:
        """See FeatureStore."""
        with translate_aws_errors(f"read table {self._users}"):
            answer = self._client.get_item(TableName=self._users, Key=user_key(self.view, user), ConsistentRead=True)
        return versioned_row(answer["Item"]) if "Item" in answer else NO_ROW

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

    def all_users(self, segment: int = 0, segments: int = 1) -> Iterator[tuple[Pseudonym, VersionedRow]]:
        """See FeatureStore. Scans the whole table: rows of other versions are skipped, but paid for."""
        for item in self._scanned("u, s, v", segment, segments):
            yield bytes(item["u"]["B"])[VIEW_BYTES:], versioned_row(item)

    def read_trend(self, shard: str) -> VersionedRow:
        """See FeatureStore."""
        key = trend_key(self.view, shard)
        answer = self._retried(
            f"read table {self._items}",
            lambda: self._client.get_item(TableName=self._items, Key=key, ConsistentRead=True),
        )
        item = answer.get("Item")
        if item is not None and CLOSED in item:
            raise ViewClosedError(f"view {self.view} takes no more events of {shard}")
        return NO_ROW if item is None else versioned_row(item)

    def read_trends(self) -> dict[str, VersionedRow]:
        """See FeatureStore."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._items,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": trend_key(self.view, "")["kind"]},
            ConsistentRead=True,
        )
        with translate_aws_errors(f"query table {self._items}"):
            return {item["shard"]["S"]: versioned_row(item) for page in pages for item in page["Items"]}

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        version = 1 if expected_version == NO_VERSION else expected_version + 1
        item = {**trend_key(self.view, shard), "s": {"B": data}, "v": {"N": str(version)}}
        put = {"TableName": self._items, "Item": item, **at_version(expected_version)}
        try:
            self._retried(f"write table {self._items}", lambda: self._put_trend(put, first=not expected_version))
        except ClientError as error:
            if not condition_failed(error):
                raise
            message = f"the trend of {shard} in view {self.view} is no longer at version {expected_version}"
            raise ConflictError(message) from error

    def _put_trend(self, put: dict[str, Any], *, first: bool) -> None:
        if self._serving is None or not first:
            self._client.put_item(**put)
        else:
            values = {**self._serving["ExpressionAttributeValues"], ":one": {"N": "1"}}
            pointer = {
                "TableName": self._items,
                "Key": POINTER,
                "UpdateExpression": f"SET serving = :view ADD {BEGUN} :one",
                "ConditionExpression": self._serving["ConditionExpression"],
                "ExpressionAttributeValues": values,
            }
            self._client.transact_write_items(TransactItems=[{"Put": put}, {"Update": pointer}])

    def closing(self, shard: str, version: int) -> dict[str, Any]:
        """The update that closes a shard's trend if it has this version, as part of a transaction."""
        values = {":closed": {"BOOL": True}, ":next": {"N": str(version + 1)}, ":version": {"N": str(version)}}
        return {
            "TableName": self._items,
            "Key": trend_key(self.view, shard),
            "UpdateExpression": f"SET {CLOSED} = :closed, v = :next",
            "ConditionExpression": "v = :version",
            "ExpressionAttributeValues": values,
        }

    def delete_all(self) -> Iterator[int]:
        """Delete all rows of this version; yield the number deleted from time to time. Raises UnavailableError."""
        gone = 0
        keys = ({"u": item["u"]} for item in self._scanned("u"))
        while chunk := list(islice(keys, STATEMENTS_A_WRITE)):
            self._delete(self._users, chunk)
            gone += len(chunk)
            yield gone
        trends = [trend_key(self.view, shard) for shard in self.read_trends()]
        for chunk in _chunks(trends, STATEMENTS_A_WRITE):
            self._delete(self._items, chunk)
        yield gone + len(trends)

    def _delete(self, table: str, keys: Sequence[Mapping[str, Any]]) -> None:
        request: dict[str, Any] = {table: [{"DeleteRequest": {"Key": key}} for key in keys]}

        def delete() -> None:
            nonlocal request
            request = self._client.batch_write_item(RequestItems=request).get("UnprocessedItems", {})
            if request:
                raise UnavailableError(f"table {table} left {len(request[table])} rows undeleted")

        self._retried(f"write table {table}", delete)

    def _retried(self, what: str, call: Callable[[], _Thing]) -> _Thing:
        return retried(what, call, self._budget, self._attempts)

    def _scanned(self, attributes: str, segment: int = 0, segments: int = 1) -> Iterator[dict[str, Any]]:
        part = {"Segment": segment, "TotalSegments": segments} if segments > 1 else {}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._users,
            FilterExpression="begins_with(u, :view)",
            ProjectionExpression=attributes,
            ExpressionAttributeValues={":view": user_key(self.view, b"")["u"]},
            ConsistentRead=True,
            **part,
        )
        with translate_aws_errors(f"scan table {self._users}"):
            for page in pages:
                yield from page["Items"]

    def _read_batch(self, users: Sequence[Pseudonym]) -> dict[Pseudonym, VersionedRow]:
        rows: dict[Pseudonym, VersionedRow] = {}
        request: dict[str, Any] = {
            self._users: {"Keys": [user_key(self.view, u) for u in users], "ConsistentRead": True}
        }

        def read() -> None:
            nonlocal request
            answer = self._client.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(self._users, ()):
                rows[bytes(item["u"]["B"])[VIEW_BYTES:]] = versioned_row(item)
            request = answer.get("UnprocessedKeys", {})
            if request:
                raise UnavailableError(f"table {self._users} left {len(request[self._users]['Keys'])} keys unread")

        self._retried(f"read table {self._users}", read)
        return rows

    def _write_batch(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        stale: set[Pseudonym] = set()
        for _ in self._attempts(self._budget):
            later: list[UserWrite] = []
            for write, code in zip(writes, self._execute(writes), strict=True):
                if code in _STALE:
                    stale.add(write.user)
                elif code is not None:
                    later.append(write)
            if not later:
                return UserWriteReport(stale=frozenset(stale))
            writes = later
        return UserWriteReport(frozenset(stale), frozenset(write.user for write in writes))

    def _execute(self, writes: Sequence[UserWrite]) -> list[str | None]:
        """Execute one call; return for each write None, or the error code if it is stale or may succeed later."""
        try:
            with translate_aws_errors(f"write table {self._users}"):
                answer = self._client.batch_execute_statement(Statements=[self._statement(write) for write in writes])
        except UnavailableError:
            return ["unavailable"] * len(writes)
        codes = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
        for code, response in zip(codes, answer["Responses"], strict=True):
            if code is not None and code not in _STALE and not may_succeed_later(code):
                raise MillstreamError(f"write table {self._users}: {code}: {response['Error'].get('Message')}")
        return codes

    def _statement(self, write: UserWrite) -> dict[str, Any]:
        key, state, version = (
            user_key(self.view, write.user)["u"],
            {"B": write.data},
            {"N": str(write.expected_version + 1)},
        )
        if not write.expected_version:
            return {"Statement": self._insert, "Parameters": [key, state, version]}
        expected = {"N": str(write.expected_version)}
        return {"Statement": self._update, "Parameters": [state, version, key, expected]}


def _chunks(things: Collection[_Thing], size: int) -> Iterator[list[_Thing]]:
    remaining = iter(things)
    while chunk := list(islice(remaining, size)):
        yield chunk
