"""The catalogue in DynamoDB, described by PynamoDB. The hash key is the item key, so two items cannot share one.

Calls of a publication are retried here while its budget lasts. If DynamoDB leaves items unprocessed, all items of the
call are written again, which is idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from pynamodb.attributes import BooleanAttribute, JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from millstream.adapters.aws.aws_errors import translate_aws_errors
from millstream.adapters.aws.backoff import ANSWER_S, CONNECT_S, Attempts, attempts, retried
from millstream.application.ports import UNHURRIED, Budget, CatalogueChange
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import KeyCollisionError, UnavailableError
from millstream.domain.formats import UNNUMBERED, check_format
from millstream.domain.keys import item_key

FORMAT = 2
"""An item with several categories; all others are written in format 1, so that earlier code can read them."""

CHANGE_BUCKETS = 4
"""Partitions of the index by time of change; each supports a thousand writes a second."""

ITEMS_A_WRITE = 25
_Result = TypeVar("_Result")


class DynamoCatalogue:
    """A Catalogue over one table and its index `by_change`.

    `client_attempts` is the number of attempts of the client itself, for reads, which are not retried here.
    """

    def __init__(self, table: str, region: str, client_attempts: int = 2, attempts_in: Attempts = attempts) -> None:
        self._row = _described(table, region, client_attempts)
        self._attempts = attempts_in

    def refuse_collisions(self, items: Sequence[Item], budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        owners = {item.key.hex(): item.item_id for item in reversed(items)}

        def published() -> dict[str, str]:
            with _translate_errors():
                return {row.item_key: row.item_id for row in self._row.batch_get(list(owners))}

        owners.update(self._retried(published, budget))
        for item in items:
            if owners[item.key.hex()] != item.item_id:
                raise KeyCollisionError(item.item_id, owners[item.key.hex()])

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        self.refuse_collisions(items, budget)
        rows = [self._saved(item, changed_at_ms) for item in items]

        for first in range(0, len(rows), ITEMS_A_WRITE):
            self._retried(partial(self._write, rows[first : first + ITEMS_A_WRITE]), budget)

    def get(self, item_id: str) -> Item | None:
        """See Catalogue."""
        try:
            with _translate_errors():
                return _item(self._row.get(item_key(item_id).hex(), consistent_read=True))
        except DoesNotExist:
            return None

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """See Catalogue."""
        with _translate_errors():
            for bucket in range(CHANGE_BUCKETS):
                for row in self._row.by_change.query(bucket, self._row.changed_at >= changed_at_ms):
                    yield CatalogueChange(_item(row), int(row.changed_at))

    def _write(self, rows: Sequence[Any]) -> None:
        with _translate_errors(), self._row.batch_write() as batch:
            for row in rows:
                batch.save(row)

    def _retried(self, call: Callable[[], _Result], budget: Budget) -> _Result:
        return retried("catalogue", call, budget, self._attempts)

    def _saved(self, item: Item, changed_at_ms: int) -> Any:
        bucket = item.key[0] % CHANGE_BUCKETS
        values = {name: value for name, value in asdict(item).items() if value is not None}
        row_format = UNNUMBERED
        if isinstance(item.category, list):
            values["categories"], row_format = values.pop("category"), FORMAT
        return self._row(item.key.hex(), change_bucket=bucket, changed_at=changed_at_ms, format=row_format, **values)


def _described(table: str, region_name: str, client_attempts: int) -> Any:
    """PynamoDB reads a table's name from its class, so each table gets a class of its own."""

    class ByChange(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]  # PynamoDB types no __init_subclass__
        class Meta:
            index_name = "by_change"
            projection = AllProjection()

        change_bucket = NumberAttribute(hash_key=True)
        changed_at = NumberAttribute(range_key=True)

    class CatalogueRow(Model):
        class Meta:
            table_name = table
            region = region_name
            connect_timeout_seconds = CONNECT_S
            read_timeout_seconds = ANSWER_S
            max_retry_attempts = client_attempts - 1

        item_key = UnicodeAttribute(hash_key=True)
        item_id = UnicodeAttribute()
        name = UnicodeAttribute()
        category = UnicodeAttribute(null=True)
        categories = ListAttribute(of=UnicodeAttribute, null=True)
        price = NumberAttribute(null=True)
        description = UnicodeAttribute(null=True)
        available = BooleanAttribute()
        attributes = JSONAttribute()
        change_bucket = NumberAttribute()
        changed_at = NumberAttribute()
        format = NumberAttribute(null=True)
        by_change = ByChange()

    return CatalogueRow


def _item(row: Any) -> Item:
    check_format(f"item {row.item_id!r}", UNNUMBERED if row.format is None else int(row.format), FORMAT)
    price = None if row.price is None else float(row.price)
    category = row.category if row.categories is None else list(row.categories)
    return Item(row.item_id, row.name, category, price, row.description, row.available, row.attributes)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise UnavailableError for errors that a retry may resolve, and for unprocessed items."""
    with translate_aws_errors("catalogue"):
        try:
            yield
        except DoesNotExist:
            raise
        except PynamoDBException as error:
            if error.cause is not None:
                raise error.cause from error
            raise UnavailableError(f"catalogue: {error}") from error
