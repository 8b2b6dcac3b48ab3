"""What every Catalogue must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import Catalogue, CatalogueChange
from millstream.domain.catalogue import items as catalogue_module
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import ConflictError, KeyCollisionError
from tests.builders import NOW_MS, item

LAMP = Item(
    "lämp 💡/42",
    "Lämpchen",
    "Lighting",
    39.9,
    "Warm light.\nTwo lines.",
    False,
    {"colour": "red", "watts": 7.25, "dimmable": True, "empty": "", "größe": 0.0, "off": False},
)
DESK = item("desk-7")
VASE = item("vase", category=["Glass", "Clothing, Shoes & Jewelry"], attributes={"tags": ["blue", ""], "none": []})


class CatalogueSuite(ABC):
    """Give an empty catalogue; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def catalogue(self) -> Catalogue:
        """An empty catalogue."""

    @pytest.mark.parametrize("published", [LAMP, DESK, VASE], ids=["full", "bare", "lists"])
    def test_an_item_is_read_as_it_was_published(self, catalogue: Catalogue, published: Item) -> None:
        """Every field with its type; what is absent stays absent."""
        catalogue.publish([published], NOW_MS)
        assert catalogue.get(published.item_id) == published
        assert list(catalogue.changed_since(0)) == [CatalogueChange(published, NOW_MS, NOW_MS)]

    def test_an_item_that_was_never_published_is_not_there(self, catalogue: Catalogue) -> None:
        """In an empty catalogue, and beside others."""
        assert catalogue.get("ghost") is None
        assert list(catalogue.changed_since(0)) == []
        catalogue.publish([LAMP], NOW_MS)
        assert catalogue.get("ghost") is None

    @pytest.mark.parametrize("price", [0.0, 0.01, 0.1 + 0.2, 1e15, -1.5, 123456789.123456])
    def test_a_price_is_kept_to_the_last_bit(self, catalogue: Catalogue, price: float) -> None:
        """What a filter compares is what the shop sent."""
        catalogue.publish([item("lamp", price=price)], NOW_MS)
        found = catalogue.get("lamp")
        assert found is not None
        assert found.price == price

    def test_an_item_that_is_published_again_is_replaced(self, catalogue: Catalogue) -> None:
        """Whole: what the new one lacks is gone."""
        catalogue.publish([LAMP], NOW_MS)
        bare = item(LAMP.item_id, name="Lamp")
        catalogue.publish([bare], NOW_MS + 1)
        assert catalogue.get(LAMP.item_id) == bare
        assert list(catalogue.changed_since(0)) == [CatalogueChange(bare, NOW_MS + 1, NOW_MS)]

    def test_an_item_is_replaced_as_it_was_seen(self, catalogue: Catalogue) -> None:
        """It keeps the time of its first publication."""
        catalogue.publish([DESK], NOW_MS)
        seen = catalogue.find(DESK.item_id)
        assert seen is not None
        change = CatalogueChange(item(DESK.item_id, price=7.0), NOW_MS + 1, seen.published_at_ms)
        catalogue.replace(seen, change)
        assert catalogue.find(DESK.item_id) == change

    def test_an_item_that_changed_since_it_was_seen_is_not_replaced(self, catalogue: Catalogue) -> None:
        """Another caller was there."""
        catalogue.publish([DESK], NOW_MS)
        seen = catalogue.find(DESK.item_id)
        assert seen is not None
        catalogue.publish([item(DESK.item_id, price=3.0)], NOW_MS + 1)
        with pytest.raises(ConflictError):
            catalogue.replace(seen, CatalogueChange(item(DESK.item_id, price=7.0), NOW_MS + 2, NOW_MS))
        found = catalogue.get(DESK.item_id)
        assert found is not None
        assert found.price == 3.0

    def test_an_item_that_was_deleted_is_gone_and_told_of_as_a_change(self, catalogue: Catalogue) -> None:
        """Published again, it is a new item."""
        catalogue.publish([DESK, LAMP], NOW_MS)
        seen = catalogue.find(DESK.item_id)
        assert seen is not None
        catalogue.replace(seen, seen._replace(changed_at_ms=NOW_MS + 1, is_deleted=True))
        assert (catalogue.find(DESK.item_id), catalogue.get(DESK.item_id)) == (None, None)
        assert catalogue.page(10) == [LAMP]
        assert [change.is_deleted for change in catalogue.changed_since(NOW_MS + 1)] == [True]
        catalogue.publish([DESK], NOW_MS + 5)
        assert catalogue.find(DESK.item_id) == CatalogueChange(DESK, NOW_MS + 5, NOW_MS + 5)

    def test_pages_have_every_item_once(self, catalogue: Catalogue) -> None:
        """Each begins after the last item of the one before it."""
        ids = {f"item-{number}" for number in range(7)}
        catalogue.publish([item(item_id) for item_id in ids], NOW_MS)
        found: list[str] = []
        while page := catalogue.page(3, found[-1] if found else None):
            found += [one.item_id for one in page]
        assert sorted(found) == sorted(ids)

    def test_changes_are_those_at_or_after_a_moment(self, catalogue: Catalogue) -> None:
        """The moment itself belongs to them."""
        for place, item_id in enumerate(("a", "b", "c")):
            catalogue.publish([item(item_id)], NOW_MS + place)
        assert _ids(catalogue, NOW_MS + 1) == {"b", "c"}
        assert _ids(catalogue, NOW_MS + 3) == set()
        assert _ids(catalogue, 0) == {"a", "b", "c"}

    def test_as_many_items_as_a_call_may_hold_are_published_at_once(self, catalogue: Catalogue) -> None:
        """More than one write of a service takes."""
        items = [item(f"item-{number}") for number in range(100)]
        catalogue.publish(items, NOW_MS)
        assert _ids(catalogue, 0) == {one.item_id for one in items}

    @pytest.mark.parametrize("at_once", [True, False])
    def test_an_item_whose_key_belongs_to_another_is_refused_before_anything_is_written(
        self, catalogue: Catalogue, at_once: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Published before, or in the same call; the same id again is no collision."""
        monkeypatch.setattr(catalogue_module, "item_key", lambda item_id: item_id[:1].encode() * 6)
        if not at_once:
            catalogue.publish([item("lamp")], NOW_MS)
            catalogue.publish([item("lamp")], NOW_MS)
        before = _ids(catalogue, 0)
        clash = [item("desk"), item("lamp"), item("light")]
        with pytest.raises(KeyCollisionError) as refused:
            catalogue.refuse_collisions(clash)
        assert (refused.value.item_id, refused.value.other_id) == ("light", "lamp")
        with pytest.raises(KeyCollisionError):
            catalogue.publish(clash, NOW_MS)
        assert _ids(catalogue, 0) == before


def _ids(catalogue: Catalogue, since_ms: int) -> set[str]:
    return {change.item.item_id for change in catalogue.changed_since(since_ms)}
