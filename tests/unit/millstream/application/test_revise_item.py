"""One item is changed or deleted: the log has what it is now, and nobody's change is lost."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.adapters.memory import FixedClock, MemoryCatalogue, MemoryEventLog
from millstream.application.collect.publish_items import PublishItems
from millstream.application.collect.revise_item import ATTEMPTS, ReviseItem
from millstream.application.ports import CatalogueChange
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import ConflictError, InvalidInputError, NotFoundError
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import decode
from tests.builders import NOW_MS

LAMP = Item("lamp", "Lamp", "Lighting", 39.9, "Warm light.", True, {"colour": "red", "watts": 7.0})


class Shop:
    """A catalogue with a lamp, a log, and both ways to change it."""

    def __init__(self) -> None:
        self.log = MemoryEventLog()
        self.catalogue = MemoryCatalogue()
        self.clock = FixedClock(NOW_MS)
        self.publish = PublishItems(self.log, self.catalogue, self.clock)
        self.revise = ReviseItem(self.log, self.catalogue, self.clock)
        self.catalogue.publish([LAMP], NOW_MS - 1000)

    def changes(self, **fields: Any) -> Item:
        """Patch the lamp."""
        return self.revise.patch("lamp", fields).item

    def logged(self) -> list[Event]:
        """The events of the log."""
        return [event for stored in self.log.records for event in decode(stored.data).events]


def test_a_patch_changes_only_what_it_says() -> None:
    """The price changes, an attribute comes, one goes; all else stays, and the item is no newer in the shop."""
    shop = Shop()
    revised = shop.changes(price=29.9, attributes={"sale": True, "watts": None})
    expected = Item("lamp", "Lamp", "Lighting", 29.9, "Warm light.", True, {"colour": "red", "sale": True})
    assert revised == expected
    assert shop.catalogue.find("lamp") == CatalogueChange(expected, NOW_MS, NOW_MS - 1000)


@pytest.mark.parametrize(
    ("field", "value"), [("category", None), ("description", None), ("price", None), ("attributes", {})]
)
def test_null_removes_a_field(field: str, value: object) -> None:
    """As JSON merge patch has it; a name falls back to the id."""
    assert getattr(Shop().changes(**{field: None}), field) == value
    assert Shop().changes(name=None).name == "lamp"


def test_the_log_has_the_whole_item_as_it_is_now() -> None:
    """So the catalogue can be rebuilt from the log alone."""
    shop = Shop()
    shop.changes(available=False)
    (event,) = shop.logged()
    assert (event.kind, event.item_id, event.value) == (EventKind.ItemRetired, "lamp", 39.9)
    assert event.attributes == {
        "name": "Lamp",
        "category": "Lighting",
        "price": 39.9,
        "description": "Warm light.",
        "attributes": {"colour": "red", "watts": 7.0},
    }


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({}, "body"),
        ([], "body"),
        ({"prise": 1}, "prise"),
        ({"price": "dear"}, "price"),
        ({"itemId": "desk"}, "itemId"),
        ({"attributes": {"x": {}}}, "attributes.x"),
        ({"attributes": 5}, "attributes"),
    ],
)
def test_a_patch_that_makes_no_item_is_refused(patch: object, field: str) -> None:
    """Nothing is written, also not to the log."""
    shop = Shop()
    with pytest.raises(InvalidInputError) as refused:
        shop.revise.patch("lamp", patch)
    assert refused.value.field == field
    assert not shop.logged()
    assert shop.catalogue.get("lamp") == LAMP


def test_a_deleted_item_is_gone() -> None:
    """The log says so, readers learn of it, and it is no longer found, changed or deleted."""
    shop = Shop()
    assert shop.revise.delete("lamp").item.item_id == "lamp"
    (event,) = shop.logged()
    assert (event.kind, event.attributes["deleted"]) == (EventKind.ItemRetired, True)
    assert shop.catalogue.get("lamp") is None
    assert [change.is_deleted for change in shop.catalogue.changed_since(NOW_MS)] == [True]
    with pytest.raises(NotFoundError, match="lamp"):
        shop.revise.delete("lamp")
    with pytest.raises(NotFoundError, match="lamp"):
        shop.changes(price=1)


def test_a_deleted_item_that_is_published_again_is_new() -> None:
    """It was not in the shop for a while."""
    shop = Shop()
    shop.revise.delete("lamp")
    shop.clock.time_ms += 5
    shop.publish({"itemId": "lamp"})
    found = shop.catalogue.find("lamp")
    assert found is not None
    assert (found.published_at_ms, found.item.price) == (NOW_MS + 5, None)


def test_two_changes_at_once_are_both_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is made on top of the first; the last record of the log is what the catalogue has."""
    shop, append = Shop(), MemoryEventLog.append

    def first_somebody_else(log: MemoryEventLog, *arguments: Any) -> Any:
        monkeypatch.setattr(MemoryEventLog, "append", append)
        shop.changes(name="Lava lamp")
        return log.append(*arguments)

    monkeypatch.setattr(MemoryEventLog, "append", first_somebody_else)
    revised = shop.changes(price=1)
    assert (revised.name, revised.price) == ("Lava lamp", 1.0)
    assert shop.catalogue.get("lamp") == revised
    assert (shop.logged()[-1].attributes["name"], shop.logged()[-1].value) == ("Lava lamp", 1.0)


def test_an_item_that_never_stands_still_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client decides what to do."""
    shop = Shop()

    def changed(*_: object) -> None:
        raise ConflictError("changed at the same time")

    monkeypatch.setattr(shop.catalogue, "replace", changed)
    with pytest.raises(ConflictError):
        shop.changes(price=1)
    assert len(shop.logged()) == ATTEMPTS


def test_clocks_that_go_back_do_not_hide_a_change() -> None:
    """A change is later than the one that it replaces."""
    shop = Shop()
    shop.clock.time_ms = NOW_MS - 3_600_000
    shop.changes(price=1)
    found = shop.catalogue.find("lamp")
    assert found is not None
    assert found.changed_at_ms == NOW_MS - 999
