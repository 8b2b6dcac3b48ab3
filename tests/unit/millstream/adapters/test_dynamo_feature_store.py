"""DynamoDB's partial refusals: what is retried, what is reported, and that nothing is taken for stored that is not.

The client is one that answers as a test says; the contract suites run the same adapter against real stores.

Long, because writes, reads and trends meet the same refusals, and each one's answer is read beside the others'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from millstream.adapters.aws.dynamo_feature_store import (
    KEYS_A_READ,
    STATEMENTS_A_WRITE,
    VIEW_BYTES,
    DynamoFeatureStore,
    Tables,
    serves,
)
from millstream.application.ports import UserWrite, UserWriteReport, VersionedRow
from millstream.domain.errors import ConflictError, MillstreamError, UnavailableError
from millstream.domain.keys import Pseudonym
from tests.hourglass import Hourglass

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


@pytest.fixture
def glass() -> Hourglass:
    """The time that a batch has."""
    return Hourglass(10)


def store(client: Any, glass: Hourglass) -> DynamoFeatureStore:
    """The first version's rows."""
    return DynamoFeatureStore(client, Tables(TABLE, "items"), 1, POOL, glass, attempts_in=glass.attempts)


def write(table: Table, glass: Hourglass, *writes: UserWrite) -> UserWriteReport:
    """Write to this table."""
    return store(table, glass).write_users(writes)


def throttled_at_first(times: int) -> Callable[[int], Codes]:
    """User 1 has no capacity for the first so many calls."""
    return lambda call: {user(1): "ThrottlingError"} if call <= times else {}


def throttled_for_ever(_: int) -> Codes:
    """User 1 never has any capacity."""
    return {user(1): "ThrottlingError"}


def test_a_throttled_row_is_tried_again_and_its_neighbours_are_not(glass: Hourglass) -> None:
    """After a wait, and alone."""
    table = Table(throttled_at_first(2))
    assert write(table, glass, *first_writes(3)) == UserWriteReport()
    assert table.calls == [[user(0), user(1), user(2)], [user(1)], [user(1)]]
    assert len(glass.waits) == 2


def test_a_row_that_stays_throttled_is_reported_as_unavailable(glass: Hourglass) -> None:
    """When the batch's time is over; it is not stored, and its neighbours are."""
    table = Table(throttled_for_ever)
    assert write(table, glass, *first_writes(3)) == UserWriteReport(unavailable=frozenset({user(1)}))
    assert 8 < sum(glass.waits) < 10
    assert set(table.stored) == {user(0), user(2)}


def test_without_time_every_row_is_unavailable(glass: Hourglass) -> None:
    """A call that is begun too late may be cut off before its answer is heard."""
    table = Table()
    report = write(table, Hourglass(0), *first_writes(2))
    assert report == UserWriteReport(unavailable=frozenset({user(0), user(1)}))
    assert not table.calls


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "DuplicateItem"])
def test_a_row_whose_version_moved_on_is_reported_as_stale_at_once(code: str, glass: Hourglass) -> None:
    """Trying the same write again could not help."""
    table = Table(lambda _: {user(0): code})
    assert write(table, glass, *first_writes(2)) == UserWriteReport(stale=frozenset({user(0)}))
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
def test_every_passing_trouble_is_tried_again(code: str, glass: Hourglass) -> None:
    """The codes of BatchStatementError that say nothing about the statement."""
    table = Table(lambda call: {user(0): code} if call == 1 else {})
    assert write(table, glass, *first_writes(1)) == UserWriteReport()
    assert len(table.calls) == 2


@pytest.mark.parametrize(
    "code", ["ValidationError", "AccessDenied", "ResourceNotFound", "ItemCollectionSizeLimitExceeded"]
)
def test_a_refusal_that_no_retry_can_help_is_an_error(code: str, glass: Hourglass) -> None:
    """With AWS's code; the batch is not taken for stored."""
    with pytest.raises(MillstreamError, match=f"write table users: {code}: no") as refused:
        write(Table(lambda _: {user(0): code}), glass, *first_writes(2))
    assert not isinstance(refused.value, UnavailableError)


def _client_error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "BatchExecuteStatement")


def test_a_call_that_fails_as_a_whole_is_tried_again(glass: Hourglass) -> None:
    """It may have stored something: what it stored then comes back as stale, and is folded again from there."""
    table = Table(lambda call: _client_error("InternalServerError", 500) if call == 1 else {})
    assert write(table, glass, *first_writes(2)) == UserWriteReport()
    assert len(table.calls) == 2


def test_a_call_that_always_fails_reports_every_row(glass: Hourglass) -> None:
    """As unavailable: none is acknowledged."""
    table = Table(lambda _: _client_error("ThrottlingException", 400))
    assert write(table, glass, *first_writes(2)) == UserWriteReport(unavailable=frozenset({user(0), user(1)}))


def test_stale_and_unavailable_rows_of_many_calls_are_reported_together(glass: Hourglass) -> None:
    """More rows than a call takes; the report is about all of them, and the rest is stored."""
    count = 3 * STATEMENTS_A_WRITE + 1
    stale, unavailable = user(0), user(count - 1)
    table = Table(lambda _: {stale: "ConditionalCheckFailed", unavailable: "ThrottlingError"})
    report = write(table, glass, *first_writes(count))
    assert report == UserWriteReport(frozenset({stale}), frozenset({unavailable}))
    assert len(table.stored) == count - 2
    assert max(map(len, table.calls)) == STATEMENTS_A_WRITE


def test_a_first_write_inserts_and_a_later_one_updates_on_its_condition(glass: Hourglass) -> None:
    """The version is in the statement: DynamoDB compares, not this process."""
    said: list[dict[str, Any]] = []

    def execute(Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        said.extend(Statements)
        return {"Responses": [{}] * len(Statements)}

    client = SimpleNamespace(batch_execute_statement=execute)
    store(client, glass).write_users([UserWrite(user(1), 0, b"a"), UserWrite(user(2), 7, b"b")])
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


def read(client: HalfReading, count: int, glass: Hourglass) -> dict[Pseudonym, VersionedRow]:
    """Read so many users."""
    return store(client, glass).read_users([user(number) for number in range(count)])


def test_keys_that_were_left_are_asked_for_again(glass: Hourglass) -> None:
    """Until all are read: a row that was not read would be folded from nothing."""
    client = HalfReading(patience=2)
    rows = read(client, 8, glass)
    assert client.asked == [8, 4, 2]
    assert rows == {user(number): VersionedRow(3, b"row") for number in range(8)}


def test_keys_that_are_left_every_time_make_the_read_unavailable(glass: Hourglass) -> None:
    """An incomplete answer is none."""
    with pytest.raises(UnavailableError, match="table users left 1 keys unread"):
        read(HalfReading(patience=1_000), 64, glass)


def test_many_users_are_read_a_hundred_at_a_time(glass: Hourglass) -> None:
    """As many as BatchGetItem takes."""
    client = HalfReading(patience=0)
    assert len(read(client, 2 * KEYS_A_READ + 1, glass)) == 2 * KEYS_A_READ + 1
    assert client.asked == [KEYS_A_READ, KEYS_A_READ, 1]


class Row:
    """A client of one trend row, whose calls meet these errors and then succeed; `lost` ones are stored before."""

    def __init__(self, *errors: Exception, lost: bool = False) -> None:
        self.errors = list(errors)
        self.lost = lost
        self.version = 0
        self.calls = 0

    def get_item(self, **_: object) -> dict[str, Any]:
        """See boto3."""
        self._meet()
        return {"Item": {"s": {"B": b"row"}, "v": {"N": str(self.version)}}} if self.version else {}

    def put_item(self, Item: dict[str, Any], **condition: Any) -> None:  # noqa: N803  # AWS's
        """See boto3."""
        expected = int(condition.get("ExpressionAttributeValues", {":expected": {"N": "0"}})[":expected"]["N"])
        if self.version != expected:
            raise _client_error("ConditionalCheckFailedException", 400)
        if self.lost:
            self.version = int(Item["v"]["N"])
        self._meet()
        self.version = int(Item["v"]["N"])

    def _meet(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


LOST = ReadTimeoutError(endpoint_url="https://dynamodb")
THROTTLED = _client_error("ProvisionedThroughputExceededException", 400)


@pytest.mark.parametrize("error", [LOST, THROTTLED, _client_error("InternalServerError", 500)])
def test_a_trend_that_is_refused_for_now_is_read_and_written_later(glass: Hourglass, error: Exception) -> None:
    """Within the batch's time."""
    row = Row(error, error)
    assert store(row, glass).read_trend("shard").version == 0
    row.errors = [error, error]
    store(row, glass).write_trend("shard", 0, b"row")
    assert (row.version, row.calls, len(glass.waits)) == (1, 6, 4)


def test_a_trend_that_is_refused_to_the_end_is_unavailable(glass: Hourglass) -> None:
    """It is not stored."""
    row = Row(*[THROTTLED] * 1_000)
    with pytest.raises(UnavailableError, match="write table items"):
        store(row, glass).write_trend("shard", 0, b"row")
    assert row.version == 0


def test_a_trend_whose_answer_was_lost_is_a_conflict_with_oneself(glass: Hourglass) -> None:
    """The write stands; made again it finds a newer version, and whoever reads again finds it done."""
    row = Row(LOST, lost=True)
    with pytest.raises(ConflictError):
        store(row, glass).write_trend("shard", 0, b"row")
    assert row.version == 1


def test_a_first_trend_row_that_a_transaction_has_no_capacity_for_is_written_later(glass: Hourglass) -> None:
    """A transaction says of each of its rows why it was cancelled."""
    reasons = iter(["ThrottlingError", "ProvisionedThroughputExceeded", ""])
    done: list[object] = []

    def transact(TransactItems: object) -> None:  # noqa: N803  # AWS's
        if reason := next(reasons):
            error = _client_error("TransactionCanceledException", 400)
            error.response["CancellationReasons"] = [{"Code": reason}, {"Code": "None"}]
            raise error
        done.append(TransactItems)

    client = SimpleNamespace(transact_write_items=transact)
    tables = Tables(TABLE, "items")
    serving_store = DynamoFeatureStore(client, tables, 1, POOL, glass, serves(1), attempts_in=glass.attempts)
    serving_store.write_trend("shard", 0, b"row")
    assert (len(done), len(glass.waits)) == (1, 2)


def test_a_read_that_fails_as_a_whole_is_made_again(glass: Hourglass) -> None:
    """Also in the middle, when some of the keys have been read."""
    client = HalfReading(patience=1)
    fates = iter([THROTTLED, None, LOST, None])

    def batch_get_item(**request: Any) -> dict[str, Any]:
        if fate := next(fates):
            raise fate
        return client.batch_get_item(**request)

    rows = store(SimpleNamespace(batch_get_item=batch_get_item), glass).read_users([user(n) for n in range(4)])
    assert len(rows) == 4
    assert client.asked == [4, 2]
