"""The catalogue in DynamoDB, described by PynamoDB. The hash key is the item key, so two items cannot share one.

Calls of a publication are retried here while its budget lasts. If DynamoDB leaves items unprocessed, all items of the
call are written again, which is idempotent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from pynamodb.attributes import BooleanAttribute, JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import AttributeDeserializationError, DoesNotExist, PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from millstream.adapters.aws.aws_errors import condition_failed, translate_aws_errors
from millstream.adapters.aws.backoff import ANSWER_S, CONNECT_S, Attempts, attempts, retried
from millstream.application.ports import UNHURRIED, Budget, CatalogueChange, OnUnreadable, ignore
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import ConflictError, InvalidRecordError, KeyCollisionError, UnavailableError
from millstream.domain.formats import UNNUMBERED, check_format
from millstream.domain.keys import item_key

FORMAT = 2
"""An item with several categories; all others are written in format 1, so that earlier code can read them."""

CHANGE_BUCKETS = 4
"""Partitions of the index by time of change; each supports a thousand writes a second."""

ITEMS_A_WRITE = 25

UNREADABLE = (InvalidRecordError, AttributeDeserializationError, ValueError, TypeError, ArithmeticError)
"""What PynamoDB, or the reading of its values, raises for a row that is not as this code writes it."""

_OF_KNOWN = ["item_key", "item_id", "changed_at", "published_at", "deleted"]
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
        self._known(items, budget)

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        known = self._known(items, budget)
        rows = [
            self._saved(CatalogueChange(item, changed_at_ms, known.get(item.key.hex(), changed_at_ms)))
            for item in items
        ]
        for first in range(0, len(rows), ITEMS_A_WRITE):
            self._retried(partial(self._write, rows[first : first + ITEMS_A_WRITE]), budget)

    def replace(self, seen: CatalogueChange, change: CatalogueChange, budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        row = self._saved(change)

        def save() -> None:
            with _translate_errors():
                row.save(condition=self._row.changed_at == seen.changed_at_ms)

        try:
            self._retried(save, budget)
        except ClientError as error:
            if not condition_failed(error):
                raise
            # A repeated write after a lost answer has already done it.
            if self._stored(change.item.item_id) != change:
                raise ConflictError(f"item {seen.item.item_id!r} was changed at the same time") from error

    def find(self, item_id: str) -> CatalogueChange | None:
        """See Catalogue."""
        change = self._stored(item_id)
        return None if change is None or change.is_deleted else change

    def get(self, item_id: str) -> Item | None:
        """See Catalogue."""
        change = self.find(item_id)
        return change.item if change else None

    def page(self, n: int, after: str | None = None, on_unreadable: OnUnreadable = ignore) -> Sequence[Item]:
        """See Catalogue. The order is that of the table's hashes."""
        last = None if after is None else {"item_key": {"S": item_key(after).hex()}}
        with _translate_errors():
            rows = self._row.scan(last_evaluated_key=last, page_size=n)
            found = (change.item for change in _changes(rows, on_unreadable) if not change.is_deleted)
            return list(islice(found, n))

    def changed_since(self, changed_at_ms: int, on_unreadable: OnUnreadable = ignore) -> Iterable[CatalogueChange]:
        """See Catalogue."""
        with _translate_errors():
            for bucket in range(CHANGE_BUCKETS):
                rows = self._row.by_change.query(bucket, self._row.changed_at >= changed_at_ms)
                yield from _changes(rows, on_unreadable)

    def _known(self, items: Sequence[Item], budget: Budget) -> dict[str, int]:
        """The time of the first publication of each published item, by key. Raises KeyCollisionError."""
        owners = {item.key.hex(): item.item_id for item in reversed(items)}

        def published() -> list[Any]:
            with _translate_errors():
                return list(self._row.batch_get(list(owners), attributes_to_get=_OF_KNOWN))

        rows = {row.item_key: row for row in self._retried(published, budget)}
        for item in items:
            row = rows.get(item.key.hex())
            owner = owners[item.key.hex()] if row is None else row.item_id
            if owner != item.item_id:
                raise KeyCollisionError(item.item_id, owner)
        return {key: _published_at_ms(row) for key, row in rows.items() if not row.deleted}

    def _stored(self, item_id: str) -> CatalogueChange | None:
        try:
            with _translate_errors():
                return _change(self._row.get(item_key(item_id).hex(), consistent_read=True))
        except DoesNotExist:
            return None
        except InvalidRecordError:
            raise
        except UNREADABLE as error:
            raise InvalidRecordError(f"item {item_id!r}", "a readable row", str(error)) from error

    def _write(self, rows: Sequence[Any]) -> None:
        with _translate_errors(), self._row.batch_write() as batch:
            for row in rows:
                batch.save(row)

    def _retried(self, call: Callable[[], _Result], budget: Budget) -> _Result:
        return retried("catalogue", call, budget, self._attempts)

    def _saved(self, change: CatalogueChange) -> Any:
        item = change.item
        values = {name: value for name, value in asdict(item).items() if value is not None}
        row_format = FORMAT if change.is_deleted else UNNUMBERED
        if isinstance(item.category, list):
            values["categories"], row_format = values.pop("category"), FORMAT
        return self._row(
            item.key.hex(),
            change_bucket=item.key[0] % CHANGE_BUCKETS,
            changed_at=change.changed_at_ms,
            published_at=change.published_at_ms,
            deleted=True if change.is_deleted else None,
            format=row_format,
            **values,
        )


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
        attributes = _Json()
        change_bucket = NumberAttribute()
        changed_at = NumberAttribute()
        published_at = NumberAttribute(null=True)
        deleted = BooleanAttribute(null=True)
        format = NumberAttribute(null=True)
        by_change = ByChange()

    return CatalogueRow


class _Json(JSONAttribute):
    """JSON in UTF-8, which is half as long for a language without Latin letters. Unreadable text stays text."""

    def serialize(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    def deserialize(self, value: str) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            return value


def _changes(rows: Iterator[Any], on_unreadable: OnUnreadable) -> Iterator[CatalogueChange]:
    """The readable rows of a query or scan."""
    while True:
        key = "an item"
        try:
            row = next(rows)
            key = row.item_key
            change = _change(row)
        except StopIteration:
            return
        except UNREADABLE as error:
            on_unreadable(key, error)
        else:
            yield change


def _change(row: Any) -> CatalogueChange:
    """Raises InvalidRecordError."""
    named = f"item {row.item_id!r}"
    check_format(named, UNNUMBERED if row.format is None else int(row.format), FORMAT)
    if not isinstance(row.item_id, str) or not isinstance(row.name, str) or not isinstance(row.attributes, dict):
        raise InvalidRecordError(named, "an id, a name and a JSON object of attributes", row.attributes)
    price = None if row.price is None else float(row.price)
    category = row.category if row.categories is None else list(row.categories)
    item = Item(row.item_id, row.name, category, price, row.description, bool(row.available), row.attributes)
    return CatalogueChange(item, int(row.changed_at), _published_at_ms(row), bool(row.deleted))


def _published_at_ms(row: Any) -> int:
    """When an item was first published; rows without that time are of an older version of the code."""
    return int(row.changed_at if row.published_at is None else row.published_at)


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
