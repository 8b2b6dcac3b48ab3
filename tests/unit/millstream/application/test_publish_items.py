"""A shop's items become part of the catalogue."""

from __future__ import annotations

import pytest

from millstream.adapters.memory import FixedClock, MemoryCatalogue, MemoryEventLog
from millstream.application.collect.publish_items import ABOUT_ITEMS, Published, PublishItems
from millstream.domain.catalogue import items as catalogue_module
from millstream.domain.errors import ConflictError, InvalidInputError, KeyCollisionError
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import decode
from tests.builders import NOW_MS, SHARD


class Shop:
    """A catalogue, a log and the way in."""

    def __init__(self) -> None:
        self.log = MemoryEventLog()
        self.catalogue = MemoryCatalogue()
        self.publish = PublishItems(self.log, self.catalogue, FixedClock(NOW_MS))

    def publishes(self, *item_ids: str) -> Published:
        """Publish items of these ids."""
        return self.publish({"items": [{"itemId": item_id} for item_id in item_ids]})


def test_items_are_logged_and_in_the_catalogue() -> None:
    """The answer says where in the log."""
    shop = Shop()
    published = shop.publishes("lamp", "desk")
    assert published == Published(("lamp", "desk"), Position(SHARD, 1))
    (stored,) = shop.log.records
    record = decode(stored.data)
    assert record.subject == ABOUT_ITEMS
    assert [(one.kind, one.item_id) for one in record.events] == [
        (EventKind.ItemPublished, "lamp"),
        (EventKind.ItemPublished, "desk"),
    ]
    found = shop.catalogue.get("lamp")
    assert found is not None
    assert found.available


def test_an_item_that_is_no_longer_available_is_retired() -> None:
    """The log says so in a word of its own."""
    shop = Shop()
    shop.publish({"itemId": "lamp", "available": False})
    assert decode(shop.log.records[0].data).events[0].kind is EventKind.ItemRetired


def test_one_bad_item_refuses_the_call_before_anything_is_written() -> None:
    """All or none."""
    shop = Shop()
    with pytest.raises(InvalidInputError, match=r"items\[1\].price"):
        shop.publish({"items": [{"itemId": "lamp"}, {"itemId": "desk", "price": "dear"}]})
    assert not shop.log.records
    assert not shop.catalogue.changes


@pytest.mark.parametrize("at_once", [True, False])
def test_two_items_of_one_key_are_refused_before_anything_is_written(
    at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the other one is in the same call or was published before; the caller may rename and try again."""
    shop = Shop()
    monkeypatch.setattr(catalogue_module, "item_key", lambda item_id: item_id[:1].encode() * 6)
    if not at_once:
        shop.publishes("lamp")
    logged = len(shop.log.records)
    with pytest.raises(KeyCollisionError, match=r"'light'.*'lamp'") as refused:
        shop.publishes("lamp", "light")
    assert isinstance(refused.value, ConflictError)
    assert len(shop.log.records) == logged
    assert shop.catalogue.get("light") is None


def test_an_item_may_be_published_again() -> None:
    """Its own key is no collision."""
    shop = Shop()
    shop.publishes("lamp")
    shop.publish({"itemId": "lamp", "name": "Red lamp"})
    found = shop.catalogue.get("lamp")
    assert found is not None
    assert found.name == "Red lamp"
