"""The catalogue in memory, brought up to date by what changed."""

from __future__ import annotations

from collections.abc import Iterable

from millstream.adapters.memory import MemoryCatalogue
from millstream.application.ports import CatalogueChange
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE, NEWEST_ITEMS, OVERLAP_MS
from millstream.domain.keys import item_key
from tests.builders import NOW_MS, item


def test_the_first_picture_holds_everything() -> None:
    """From the beginning of time."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], 5)
    catalogue.publish([item("desk")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue)
    assert set(view.items) == {item_key("lamp"), item_key("desk")}
    assert view.read_until_ms == NOW_MS


def test_a_picture_never_changes() -> None:
    """A request that began with it ends with it."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp", price=1.0)], NOW_MS)
    before = EMPTY_CATALOGUE.refreshed(catalogue)
    catalogue.publish([item("lamp", price=2.0)], NOW_MS + 1)
    after = before.refreshed(catalogue)
    assert (before.items[item_key("lamp")].price, after.items[item_key("lamp")].price) == (1.0, 2.0)


def test_nothing_new_is_the_same_picture() -> None:
    """The very same, so that nothing is copied."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue)
    assert view.refreshed(catalogue) is view
    assert EMPTY_CATALOGUE.refreshed(MemoryCatalogue()) is EMPTY_CATALOGUE


def test_a_writer_whose_clock_is_a_little_behind_is_not_overlooked() -> None:
    """Each refresh looks back a little further than the one before it got."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue)
    catalogue.publish([item("desk")], NOW_MS - OVERLAP_MS)
    assert item_key("desk") in view.refreshed(catalogue).items


def test_changes_are_taken_in_the_order_of_their_times() -> None:
    """In whatever order a store tells of them."""

    class Backwards(MemoryCatalogue):
        def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
            return reversed(list(super().changed_since(changed_at_ms)))

    catalogue = Backwards()
    catalogue.publish([item("lamp", price=1.0)], NOW_MS)
    catalogue.publish([item("desk")], NOW_MS + 1)
    view = EMPTY_CATALOGUE.refreshed(catalogue)
    assert view.newest == (item_key("desk"), item_key("lamp"))
    assert view.read_until_ms == NOW_MS + 1


def test_the_newest_items_are_the_latest_changed_ones() -> None:
    """Newest first, each once, so many and no more, over any number of refreshes."""
    catalogue, view = MemoryCatalogue(), EMPTY_CATALOGUE
    for number in range(NEWEST_ITEMS + 3):
        catalogue.publish([item(f"item-{number}")], NOW_MS + number)
        view = view.refreshed(catalogue)
    catalogue.publish([item("item-5", price=2.0)], NOW_MS + 10**6)
    newest = view.refreshed(catalogue).newest
    assert len(newest) == len(set(newest)) == NEWEST_ITEMS
    assert newest[:2] == (item_key("item-5"), item_key(f"item-{NEWEST_ITEMS + 2}"))


def test_items_that_are_retired_do_not_crowd_out_the_newest_ones() -> None:
    """A shop that takes a whole range off sale still has something to show to a stranger."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], NOW_MS)
    retired = [item(f"retired-{number}", available=False) for number in range(NEWEST_ITEMS)]
    catalogue.publish(retired, NOW_MS + 1)
    view = EMPTY_CATALOGUE.refreshed(catalogue)
    assert view.newest == (item_key("lamp"),)
    catalogue.publish([item("lamp", available=False)], NOW_MS + 2)
    assert view.refreshed(catalogue).newest == ()
