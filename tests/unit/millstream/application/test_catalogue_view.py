"""The catalogue in memory, brought up to date by what changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from millstream.adapters.memory import FixedClock, MemoryCatalogue
from millstream.application.ports import CatalogueChange, OnUnreadable, ignore
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE, NEWEST_ITEMS, OVERLAP_MS
from millstream.domain.keys import item_key
from millstream_tools.cloud.local.template import read_template
from tests.builders import NOW_MS, item

TEMPLATE = Path(__file__).parents[4] / "template.yaml"
CLOCK = FixedClock(NOW_MS + 10**9)


def test_the_first_picture_holds_everything() -> None:
    """From the beginning of time."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], 5)
    catalogue.publish([item("desk")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK)
    assert set(view.items) == {item_key("lamp"), item_key("desk")}
    assert view.read_until_ms == NOW_MS


def test_a_picture_never_changes() -> None:
    """A request that began with it ends with it."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp", price=1.0)], NOW_MS)
    before = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK)
    catalogue.publish([item("lamp", price=2.0)], NOW_MS + 1)
    after = before.refreshed(catalogue, CLOCK)
    assert (before.items[item_key("lamp")].price, after.items[item_key("lamp")].price) == (1.0, 2.0)


def test_nothing_new_copies_nothing() -> None:
    """The items are the very same."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK)
    assert view.refreshed(catalogue, CLOCK).items is view.items


class Asked(MemoryCatalogue):
    """Keeps from when on changes were asked for, and how many there were."""

    def __init__(self) -> None:
        super().__init__()
        self.since: list[int] = []
        self.given: list[int] = []

    def changed_since(self, changed_at_ms: int, on_unreadable: OnUnreadable = ignore) -> Iterable[CatalogueChange]:
        changes = list(super().changed_since(changed_at_ms, on_unreadable))
        self.since.append(changed_at_ms)
        self.given.append(len(changes))
        return changes


def test_a_reader_moves_on_when_nothing_changes() -> None:
    """An import is not read again for ever: after the overlap, its items are asked for no more."""
    catalogue, clock, view = Asked(), FixedClock(NOW_MS), EMPTY_CATALOGUE
    catalogue.publish([item(f"item-{number}") for number in range(50)], NOW_MS)
    for _ in range(9):
        view = view.refreshed(catalogue, clock)
        clock.time_ms += 10_000
        clock.passed_ms += 10_000
    assert catalogue.given == [50] * 8 + [0]


def test_a_write_that_lands_late_is_seen() -> None:
    """As late as the longest publication, and a little more for clocks and the index."""
    timeout_s = read_template(TEMPLATE)["Resources"]["PublishItems"]["Properties"]["Timeout"]
    assert 2 * timeout_s * 1000 <= OVERLAP_MS
    catalogue, clock, view = MemoryCatalogue(), FixedClock(NOW_MS), EMPTY_CATALOGUE
    catalogue.publish([item("lamp")], NOW_MS)
    for _ in range(timeout_s + 5):
        view = view.refreshed(catalogue, clock)
        clock.time_ms += 1_000
        clock.passed_ms += 1_000
    catalogue.publish([item("desk")], NOW_MS + 1)
    assert item_key("desk") in view.refreshed(catalogue, clock).items


def test_a_reader_whose_clock_was_wrong_for_a_while_misses_nothing() -> None:
    """An hour ahead, then right again: it has not looked for changes in the future only."""
    catalogue, clock = MemoryCatalogue(), FixedClock(NOW_MS + 3_600_000)
    catalogue.publish([item("lamp")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue, clock)
    clock.passed_ms += 10_000
    view = view.refreshed(catalogue, clock)
    catalogue.publish([item("desk")], NOW_MS + 15_000)
    clock.time_ms, clock.passed_ms = NOW_MS + 20_000, 20_000
    assert item_key("desk") in view.refreshed(catalogue, clock).items


def test_a_change_with_a_time_in_the_future_hides_no_later_one() -> None:
    """A writer's clock was an hour ahead."""
    catalogue, clock = MemoryCatalogue(), FixedClock(NOW_MS)
    catalogue.publish([item("lamp")], NOW_MS + 3_600_000)
    view = EMPTY_CATALOGUE.refreshed(catalogue, clock)
    catalogue.publish([item("desk")], NOW_MS + 1)
    assert item_key("desk") in view.refreshed(catalogue, clock).items


def test_changes_are_taken_in_the_order_of_their_times() -> None:
    """In whatever order a store tells of them."""

    class Backwards(MemoryCatalogue):
        def changed_since(self, changed_at_ms: int, on_unreadable: OnUnreadable = ignore) -> Iterable[CatalogueChange]:
            return reversed(list(super().changed_since(changed_at_ms, on_unreadable)))

    catalogue = Backwards()
    catalogue.publish([item("lamp", price=1.0)], NOW_MS)
    catalogue.publish([item("desk")], NOW_MS + 1)
    view = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK)
    assert view.newest == (item_key("desk"), item_key("lamp"))
    assert view.read_until_ms == NOW_MS + 1


def test_the_newest_items_are_the_latest_first_published_ones() -> None:
    """Newest first, each once, so many and no more; a changed price does not make an item new."""
    catalogue, view = MemoryCatalogue(), EMPTY_CATALOGUE
    for number in range(NEWEST_ITEMS + 3):
        catalogue.publish([item(f"item-{number}")], NOW_MS + number)
        view = view.refreshed(catalogue, CLOCK)
    catalogue.publish([item("item-5", price=2.0)], NOW_MS + 10**6)
    view = view.refreshed(catalogue, CLOCK)
    assert view.items[item_key("item-5")].price == 2.0
    assert view.newest == tuple(item_key(f"item-{number}") for number in range(NEWEST_ITEMS + 2, 2, -1))
    assert EMPTY_CATALOGUE.refreshed(catalogue, CLOCK).newest == view.newest


def test_items_that_are_retired_do_not_crowd_out_the_newest_ones() -> None:
    """A shop that takes a whole range off sale still has something to show to a stranger."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], NOW_MS)
    retired = [item(f"retired-{number}", available=False) for number in range(NEWEST_ITEMS)]
    catalogue.publish(retired, NOW_MS + 1)
    view = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK)
    assert view.newest == (item_key("lamp"),)
    catalogue.publish([item("lamp", available=False)], NOW_MS + 2)
    assert view.refreshed(catalogue, CLOCK).newest == ()


def test_a_deleted_item_leaves_the_picture() -> None:
    """Published again, it is new."""
    catalogue = MemoryCatalogue()
    catalogue.publish([item("lamp")], NOW_MS)
    catalogue.publish([item("desk")], NOW_MS + 1)
    view = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK)
    seen = catalogue.changes["lamp"]
    catalogue.replace(seen, seen._replace(changed_at_ms=NOW_MS + 2, is_deleted=True))
    view = view.refreshed(catalogue, CLOCK)
    assert set(view.items) == {item_key("desk")}
    catalogue.publish([item("lamp")], NOW_MS + 3)
    assert view.refreshed(catalogue, CLOCK).newest == (item_key("lamp"), item_key("desk"))


def test_an_item_that_cannot_be_read_stays_as_it_was_and_is_told_of() -> None:
    """Until it can be read again."""

    class Damaged(MemoryCatalogue):
        damaged = True

        def changed_since(self, changed_at_ms: int, on_unreadable: OnUnreadable = ignore) -> Iterable[CatalogueChange]:
            for change in super().changed_since(changed_at_ms, on_unreadable):
                if self.damaged and change.item.price == 2.0:
                    on_unreadable(change.item.key.hex(), ValueError("garbage"))
                else:
                    yield change

    catalogue, errors = Damaged(), list[Exception]()
    catalogue.publish([item("lamp", price=1.0), item("desk")], NOW_MS)
    view = EMPTY_CATALOGUE.refreshed(catalogue, CLOCK, errors.append)
    catalogue.publish([item("lamp", price=2.0)], NOW_MS + 1)
    view = view.refreshed(catalogue, CLOCK, errors.append)
    assert view.items[item_key("lamp")].price == 1.0
    assert (view.unreadable, len(errors)) == ({item_key("lamp").hex()}, 1)
    catalogue.damaged = False
    view = view.refreshed(catalogue, CLOCK, errors.append)
    assert (view.items[item_key("lamp")].price, view.unreadable) == (2.0, frozenset())
