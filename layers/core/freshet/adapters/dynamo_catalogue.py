"""The catalogue in DynamoDB, described by PynamoDB. The hash key is the item key, so two items cannot share one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from freshet.application.ports import CatalogueChange
from freshet.domain.catalogue import Item
from freshet.domain.errors import KeyCollisionError, UnavailableError
from freshet.domain.keys import item_key

CHANGE_BUCKETS = 4
"""Partitions of the index by time of change: each takes a thousand writes a second."""


class DynamoCatalogue:
    """A Catalogue over one table and its index `by_change`."""

    def __init__(self, table: str, region: str) -> None:
        self._row = _described(table, region)

    def refuse_collisions(self, items: Sequence[Item]) -> None:
        """See Catalogue."""
        owners = {item.key.hex(): item.item_id for item in reversed(items)}
        try:
            owners.update({row.item_key: row.item_id for row in self._row.batch_get(list(owners))})
        except PynamoDBException as error:
            raise _unavailable(error) from error
        for item in items:
            if owners[item.key.hex()] != item.item_id:
                raise KeyCollisionError(item.item_id, owners[item.key.hex()])

    def publish(self, items: Sequence[Item], changed_at_ms: int) -> None:
        """See Catalogue."""
        self.refuse_collisions(items)
        try:
            with self._row.batch_write() as batch:
                for item in items:
                    batch.save(self._saved(item, changed_at_ms))
        except PynamoDBException as error:
            raise _unavailable(error) from error

    def get(self, item_id: str) -> Item | None:
        """See Catalogue."""
        try:
            return _item(self._row.get(item_key(item_id).hex(), consistent_read=True))
        except DoesNotExist:
            return None
        except PynamoDBException as error:
            raise _unavailable(error) from error

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """See Catalogue."""
        try:
            for bucket in range(CHANGE_BUCKETS):
                for row in self._row.by_change.query(bucket, self._row.changed_at >= changed_at_ms):
                    yield CatalogueChange(_item(row), int(row.changed_at))
        except PynamoDBException as error:
            raise _unavailable(error) from error

    def _saved(self, item: Item, changed_at_ms: int) -> Any:
        bucket = item.key[0] % CHANGE_BUCKETS
        values = {name: value for name, value in asdict(item).items() if value is not None}
        return self._row(item.key.hex(), change_bucket=bucket, changed_at=changed_at_ms, **values)


def _described(table: str, region_name: str) -> Any:
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

        item_key = UnicodeAttribute(hash_key=True)
        item_id = UnicodeAttribute()
        name = UnicodeAttribute()
        category = UnicodeAttribute(null=True)
        price = NumberAttribute(null=True)
        description = UnicodeAttribute(null=True)
        available = BooleanAttribute()
        attributes = JSONAttribute()
        change_bucket = NumberAttribute()
        changed_at = NumberAttribute()
        by_change = ByChange()

    return CatalogueRow


def _item(row: Any) -> Item:
    price = None if row.price is None else float(row.price)
    return Item(row.item_id, row.name, row.category, price, row.description, row.available, row.attributes)


def _unavailable(error: PynamoDBException) -> UnavailableError:
    return UnavailableError(f"catalogue: {error}")
