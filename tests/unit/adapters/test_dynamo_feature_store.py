"""DynamoDB's partial refusals: what is retried, what is reported, and that nothing is taken for stored that is not.

The client is one that answers as a test says; the contract suites run the same adapter against real stores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from freshet.adapters import dynamo_feature_store as module
from freshet.adapters.dynamo_feature_store import (
    ATTEMPTS,
    KEYS_A_READ,
    STATEMENTS_A_WRITE,
    VIEW_BYTES,
    DynamoFeatureStore,
    Tables,
)
from freshet.application.ports import UserWrite, UserWriteReport, VersionedRow
from freshet.domain.errors import FreshetError, UnavailableError
from freshet.domain.keys import Pseudonym

TABLE = "users"
POOL = ThreadPoolExecutor(1)
Codes = dict[Pseudonym, str]


def user(number: int) -> Pseudonym:
    """A pseudonym."""
    return number.to_bytes(16)


def first_writes(count: int) -> list[UserWrite]:
    """New rows of so many users."""
    return [UserWrite(user(number), 0, b"row") for number in range(count)]


class Table:
    """A client that answers each call with what `refuse` says about it, and remembers what it stored."""

    def __init__(self, refuse: Callable[[int], Codes | Exception] = lambda _: {}) -> None:
        self.refuse = refuse
        self.stored: dict[Pseudonym, bytes] = {}
        self.calls: list[list[Pseudonym]] = []

    def batch_execute_statement(self, Statements: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        users = [_user_of(statement) for statement in Statements]
        self.calls.append(users)
        codes = self.refuse(len(self.calls))
        if isinstance(codes, Exception):
            raise codes
        self.stored |= {one: b"row" for one in users if one not in codes}
        return {
            "Responses": [{"Error": {"Code": codes[one], "Message": "no"}} if one in codes else {} for one in users]
        }


def _user_of(statement: dict[str, Any]) -> Pseudonym:
    place = 0 if statement["Statement"].startswith("INSERT") else 2
    key: bytes = statement["Parameters"][place]["B"]
    return key[VIEW_BYTES:]


def store(client: Any) -> DynamoFeatureStore:
    """The first version's rows."""
    return DynamoFeatureStore(client, Tables(TABLE, "items"), 1, POOL)


def write(table: Table, *writes: UserWrite) -> UserWriteReport:
    """Write to this table."""
    return store(table).write_users(writes)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which take no time here."""
    waited: list[float] = []
    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=waited.append))
    return waited


def throttled_at_first(times: int) -> Callable[[int], Codes]:
    """User 1 has no capacity for the first so many calls."""
    return lambda call: {user(1): "ThrottlingError"} if call <= times else {}


def test_a_throttled_row_is_tried_again_and_its_neighbours_are_not(pauses: list[float]) -> None:
    """After a pause, and alone."""
    table = Table(throttled_at_first(2))
    assert write(table, *first_writes(3)) == UserWriteReport()
    assert table.calls == [[user(0), user(1), user(2)], [user(1)], [user(1)]]
    assert len(pauses) == 2


def test_pauses_are_random_below_a_limit_that_doubles(pauses: list[float]) -> None:
    """So that projectors do not come back in step."""
    write(Table(throttled_at_first(ATTEMPTS)), *first_writes(2))
    assert all(0 <= waited <= module.FIRST_PAUSE_S * 2**attempt for attempt, waited in enumerate(pauses))
    assert len(set(pauses)) == ATTEMPTS


def test_a_row_that_stays_throttled_is_reported_as_unavailable() -> None:
    """And is not stored; its neighbours are."""
    table = Table(throttled_at_first(ATTEMPTS))
    assert write(table, *first_writes(3)) == UserWriteReport(unavailable=frozenset({user(1)}))
    assert len(table.calls) == ATTEMPTS
    assert set(table.stored) == {user(0), user(2)}


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "DuplicateItem"])
def test_a_row_whose_version_moved_on_is_reported_as_stale_at_once(code: str) -> None:
    """Trying the same write again could not help."""
    table = Table(lambda _: {user(0): code})
    assert write(table, *first_writes(2)) == UserWriteReport(stale=frozenset({user(0)}))
    assert len(table.calls) == 1


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionConflict",
    ],
)
def test_every_passing_trouble_is_tried_again(code: str) -> None:
    """The codes of BatchStatementError that say nothing about the statement."""
    table = Table(lambda call: {user(0): code} if call == 1 else {})
    assert write(table, *first_writes(1)) == UserWriteReport()
    assert len(table.calls) == 2


@pytest.mark.parametrize(
    "code", ["ValidationError", "AccessDenied", "ResourceNotFound", "ItemCollectionSizeLimitExceeded"]
)
def test_a_refusal_that_no_retry_can_help_is_an_error(code: str) -> None:
    """With AWS's code; the batch is not taken for stored."""
    with pytest.raises(FreshetError, match=f"write table users: {code}: no") as refused:
        write(Table(lambda _: {user(0): code}), *first_writes(2))
    assert not isinstance(refused.value, UnavailableError)


def _client_error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "BatchExecuteStatement")


def test_a_call_that_fails_as_a_whole_is_tried_again() -> None:
    """It may have stored something: what it stored then comes back as stale, and is folded again from there."""
    table = Table(lambda call: _client_error("InternalServerError", 500) if call == 1 else {})
    assert write(table, *first_writes(2)) == UserWriteReport()
    assert len(table.calls) == 2


def test_a_call_that_always_fails_reports_every_row() -> None:
    """As unavailable: none is acknowledged."""
    table = Table(lambda _: _client_error("ThrottlingException", 400))
    assert write(table, *first_writes(2)) == UserWriteReport(unavailable=frozenset({user(0), user(1)}))


def test_stale_and_unavailable_rows_of_many_calls_are_reported_together() -> None:
    """More rows than a call takes; the report is about all of them, and the rest is stored."""
    count = 3 * STATEMENTS_A_WRITE + 1
    stale, unavailable = user(0), user(count - 1)
    table = Table(lambda _: {stale: "ConditionalCheckFailed", unavailable: "ThrottlingError"})
    report = write(table, *first_writes(count))
    assert report == UserWriteReport(frozenset({stale}), frozenset({unavailable}))
    assert len(table.stored) == count - 2
    assert max(map(len, table.calls)) == STATEMENTS_A_WRITE


def test_a_first_write_inserts_and_a_later_one_updates_on_its_condition() -> None:
    """The version is in the statement: DynamoDB compares, not this process."""
    said: list[dict[str, Any]] = []

    def execute(Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        said.extend(Statements)
        return {"Responses": [{}] * len(Statements)}

    client = SimpleNamespace(batch_execute_statement=execute)
    store(client).write_users([UserWrite(user(1), 0, b"a"), UserWrite(user(2), 7, b"b")])
    assert said == [
        {
            "Statement": "INSERT INTO \"users\" VALUE {'u': ?, 's': ?, 'v': ?}",
            "Parameters": [{"B": b"\0\1" + user(1)}, {"B": b"a"}, {"N": "1"}],
        },
        {
            "Statement": 'UPDATE "users" SET s = ? SET v = ? WHERE u = ? AND v = ?',
            "Parameters": [{"B": b"b"}, {"N": "8"}, {"B": b"\0\1" + user(2)}, {"N": "7"}],
        },
    ]


class HalfReading:
    """A client that leaves the second half of each read for later, until it has been asked often enough."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.asked: list[int] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        request = RequestItems[TABLE]
        keys = request["Keys"]
        self.asked.append(len(keys))
        assert request["ConsistentRead"]
        now = len(keys) if len(self.asked) > self.patience else len(keys) // 2
        rows = [{"u": key["u"], "s": {"B": b"row"}, "v": {"N": "3"}} for key in keys[:now]]
        left = {TABLE: {"Keys": keys[now:], "ConsistentRead": True}} if keys[now:] else {}
        return {"Responses": {TABLE: rows}, "UnprocessedKeys": left}


def read(client: HalfReading, count: int) -> dict[Pseudonym, VersionedRow]:
    """Read so many users."""
    return store(client).read_users([user(number) for number in range(count)])


def test_keys_that_were_left_are_asked_for_again() -> None:
    """Until all are read: a row that was not read would be folded from nothing."""
    client = HalfReading(patience=2)
    rows = read(client, 8)
    assert client.asked == [8, 4, 2]
    assert rows == {user(number): VersionedRow(3, b"row") for number in range(8)}


def test_keys_that_are_left_every_time_make_the_read_unavailable() -> None:
    """An incomplete answer is none."""
    with pytest.raises(UnavailableError, match="users"):
        read(HalfReading(patience=ATTEMPTS), 64)


def test_many_users_are_read_a_hundred_at_a_time() -> None:
    """As many as BatchGetItem takes."""
    client = HalfReading(patience=0)
    assert len(read(client, 2 * KEYS_A_READ + 1)) == 2 * KEYS_A_READ + 1
    assert client.asked == [KEYS_A_READ, KEYS_A_READ, 1]
