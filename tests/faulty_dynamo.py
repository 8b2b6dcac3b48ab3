"""Tables that fail as told, in memory: as much of boto3's DynamoDB client as a projector's views call.

Conditions and statements are understood as the adapter writes them, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.faults import Fate, error_of, refusal

Item = dict[str, Any]
USERS, ITEMS = "users", "items"
_KEYS = {USERS: ("u",), ITEMS: ("kind", "shard")}


class FaultyDynamo:
    """Each call meets the next fate, and each row of a call of many its own; when there are none left, all is done."""

    def __init__(self, fates: Iterable[Fate]) -> None:
        self._fates = iter(fates)
        self.rows: dict[str, dict[tuple[Any, ...], Item]] = {USERS: {}, ITEMS: {}}

    def get_item(self, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        assert ConsistentRead
        self._meet_reading()
        found = self.rows[TableName].get(_key(TableName, Key))
        return {"Item": found} if found else {}

    def batch_get_item(self, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        self._meet_reading()
        ((table, request),) = RequestItems.items()
        found, left = [], []
        for key in request["Keys"]:
            row = self.rows[table].get(_key(table, key))
            if self._fate() is not Fate.DONE:
                left.append(key)
            elif row:
                found.append(row)
        unprocessed = {table: {**request, "Keys": left}} if left else {}
        return {"Responses": {table: found}, "UnprocessedKeys": unprocessed}

    def put_item(self, **put: Any) -> None:
        """See boto3."""
        fate = self._fate()
        if fate.happens:
            if not self._holds(put):
                raise refusal("ConditionalCheckFailedException")
            self._put(put)
        if fate is not Fate.DONE:
            raise error_of(fate)

    def transact_write_items(self, TransactItems: Sequence[dict[str, Any]]) -> None:  # noqa: N803  # AWS's
        """See boto3."""
        fate = self._fate()
        if fate is Fate.THROTTLED:
            raise refusal("TransactionCanceledException", reasons=["ThrottlingError", "None"])
        if fate.happens:
            steps = [next(iter(step.items())) for step in TransactItems]
            reasons = ["None" if self._holds(step) else "ConditionalCheckFailed" for _, step in steps]
            if set(reasons) != {"None"}:
                raise refusal("TransactionCanceledException", reasons=reasons)
            for kind, step in steps:
                if kind == "Put":
                    self._put(step)
        if fate is not Fate.DONE:
            raise error_of(fate)

    def batch_execute_statement(self, Statements: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        call = self._fate()
        if not call.happens:
            raise error_of(call)
        codes = [self._execute(one["Statement"], one["Parameters"]) for one in Statements]
        if call is Fate.LOST:
            raise error_of(call)
        return {"Responses": [{"Error": {"Code": code, "Message": "no"}} if code else {} for code in codes]}

    def _execute(self, statement: str, parameters: Sequence[Item]) -> str | None:
        """One row's statement: None, or the code of its refusal."""
        fate = self._fate()
        if not fate.happens:
            return "InternalServerError" if fate is Fate.FAILED else "ThrottlingError"
        users = self.rows[USERS]
        if statement == f"INSERT INTO \"{USERS}\" VALUE {{'u': ?, 's': ?, 'v': ?}}":
            user, state, version = parameters
            if (user["B"],) in users:
                return "DuplicateItem"
        else:
            assert statement == f'UPDATE "{USERS}" SET s = ? SET v = ? WHERE u = ? AND v = ?'  # noqa: S608  # compared, not run
            state, version, user, expected = parameters
            if users.get((user["B"],), {}).get("v") != expected:
                return "ConditionalCheckFailed"
        users[user["B"],] = {"u": user, "s": state, "v": version}
        return None if fate is Fate.DONE else "InternalServerError"

    def _put(self, put: Mapping[str, Any]) -> None:
        self.rows[put["TableName"]][_key(put["TableName"], put["Item"])] = put["Item"]

    def _holds(self, step: Mapping[str, Any]) -> bool:
        table = step["TableName"]
        row = self.rows[table].get(_key(table, step.get("Item") or step["Key"]), {})
        values = step.get("ExpressionAttributeValues", {})
        return {
            "attribute_not_exists(v)": "v" not in row,
            "v = :expected": row.get("v") == values.get(":expected"),
            "attribute_not_exists(kind) OR serving = :view": not row or row.get("serving") == values.get(":view"),
        }[step["ConditionExpression"]]

    def _meet_reading(self) -> None:
        fate = self._fate()
        if fate is not Fate.DONE:
            raise error_of(fate)

    def _fate(self) -> Fate:
        return next(self._fates, Fate.DONE)


def _key(table: str, item: Item) -> tuple[Any, ...]:
    return tuple(next(iter(item[name].values())) for name in _KEYS[table])
