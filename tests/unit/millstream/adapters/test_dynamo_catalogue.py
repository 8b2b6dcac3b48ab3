"""What the catalogue does when DynamoDB leaves items unprocessed or refuses a call: no item is forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millstream.adapters.aws.dynamo_catalogue import ITEMS_A_WRITE, DynamoCatalogue
from millstream.domain.errors import UnavailableError
from tests.builders import NOW_MS, item
from tests.hourglass import Hourglass

TABLE = "catalogue"
REGION = "eu-west-1"
Answer = tuple[int, dict[str, Any]]


class Table:
    """A table behind the catalogue's own client: each write meets the next fate, and then all of it is stored.

    A fate is a number, of how many items of the call are taken, or the code of a refusal.
    """

    def __init__(self, glass: Hourglass, *fates: int | str) -> None:
        self.fates = list(fates)
        self.calls = 0
        self.stored: set[str] = set()
        self.catalogue = DynamoCatalogue(TABLE, REGION, client_attempts=1, attempts_in=glass.attempts)
        events = self.catalogue._row._get_connection().connection.client.meta.events
        for operation, handle in (("BatchGetItem", self._read), ("BatchWriteItem", self._write)):
            events.register(f"before-call.dynamodb.{operation}", _answering(handle))

    def _read(self, request: dict[str, Any]) -> Answer:
        assert TABLE in request
        return 200, {"Responses": {TABLE: []}, "UnprocessedKeys": {}}

    def _write(self, request: dict[str, Any]) -> Answer:
        self.calls += 1
        puts = request[TABLE]
        fate = self.fates.pop(0) if self.fates else len(puts)
        if isinstance(fate, str):
            return 400, {"Error": {"Code": fate, "Message": "no"}}
        self.stored |= {put["PutRequest"]["Item"]["item_id"]["S"] for put in puts[:fate]}
        return 200, {"UnprocessedItems": {TABLE: puts[fate:]} if puts[fate:] else {}}


def _answering(handle: Callable[[dict[str, Any]], Answer]) -> Callable[..., Any]:
    def before_call(params: dict[str, Any], **_: object) -> Any:
        status, body = handle(json.loads(params["body"])["RequestItems"])
        return SimpleNamespace(status_code=status), body

    return before_call


@pytest.fixture
def glass() -> Hourglass:
    """The time that a publication has."""
    return Hourglass(10)


def publish(table: Table, glass: Hourglass, count: int) -> set[str]:
    """Publish so many items; their ids."""
    items = [item(f"item-{number}") for number in range(count)]
    table.catalogue.publish(items, NOW_MS, glass)
    return {one.item_id for one in items}


def test_items_that_were_left_unprocessed_are_written_again(glass: Hourglass) -> None:
    """After a wait; none is forgotten, and other calls are not repeated."""
    table = Table(glass, ITEMS_A_WRITE, 2, 10)
    assert publish(table, glass, 2 * ITEMS_A_WRITE) == table.stored
    assert (table.calls, len(glass.waits)) == (4, 2)


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]
)
def test_a_call_that_is_refused_for_now_is_made_again(glass: Hourglass, code: str) -> None:
    """Within the budget."""
    table = Table(glass, code, code)
    assert publish(table, glass, 3) == table.stored
    assert (table.calls, len(glass.waits)) == (3, 2)


def test_items_that_stay_unprocessed_make_the_publication_unavailable(glass: Hourglass) -> None:
    """Nothing is acknowledged that is not stored."""
    table = Table(glass, *[1] * 1_000)
    with pytest.raises(UnavailableError, match="catalogue"):
        publish(table, glass, 3)
    assert 8 < sum(glass.waits) < 10


def test_a_refusal_that_will_not_pass_is_told_as_it_came(glass: Hourglass) -> None:
    """A missing permission must not look like a busy hour."""
    with pytest.raises(ClientError) as refused:
        publish(Table(glass, "AccessDeniedException"), glass, 3)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert not glass.waits


def test_without_time_nothing_is_published() -> None:
    """Not even read."""
    glass = Hourglass(0)
    table = Table(glass)
    with pytest.raises(UnavailableError, match="no time left"):
        publish(table, glass, 1)
    assert not table.calls
