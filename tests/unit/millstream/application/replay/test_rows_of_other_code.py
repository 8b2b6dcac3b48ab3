"""Rows that other code wrote: older ones are read, newer ones left alone, and a rebuild makes all of them exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from millstream.adapters.memory import MemoryFeatureStore
from millstream.application.ports import VersionedRow
from millstream.domain.errors import UnknownFormatError
from millstream.domain.log.kinds import EventKind
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views import user_row
from millstream.domain.views.user_state import UserState
from tests.builders import NOW_MS, event, subject, views
from tests.other_code import as_format_1, as_newer_code_writes, older_code
from tests.unit.millstream.application.replay.shop import ShopInMemory

GARBAGE = [b"", b"garbage", b"\x02short"]


@pytest.fixture
def shop() -> ShopInMemory:
    """A shop in which a few things have happened; ann bought something."""
    shop = ShopInMemory.open()
    shop.happens("ann", event("lamp", EventKind.ItemPurchased, at_ms=NOW_MS + 5_000))
    shop.run()
    return shop


def replace_user(shop: ShopInMemory, user: str, row: bytes) -> None:
    """Other code wrote the user's row."""
    users = shop.views.stores[shop.views.pointer].users
    users[subject(user)] = VersionedRow(users[subject(user)].version + 1, row)


def replace_trends(shop: ShopInMemory) -> Mapping[str, bytes]:
    """Newer code wrote the trends; what is there then."""
    trends = shop.views.stores[shop.views.pointer].trends
    trends.update({shard: VersionedRow(v + 1, as_newer_code_writes(data)) for shard, (v, data) in trends.items()})
    return shop.trends()


def test_a_table_of_format_1_is_read_and_becomes_format_2_row_by_row() -> None:
    """What is known of a user is known still; a fold writes today's format."""
    shop = ShopInMemory()
    with older_code():
        shop.happens("ann", *views("lamp", "vase"))
        shop.happens("ann", event("lamp", EventKind.ItemPurchased, at_ms=NOW_MS + 5_000))
        shop.happens("bob", *views("desk"))
        shop.run()
    assert {row[0] for row in shop.rows().values()} == {1}
    purchased = excluded_items(past_of(shop.state("ann")), SeenItems.PURCHASED, NOW_MS)
    assert purchased == {event("lamp").item_key}
    shop.happens("ann", *views("desk", start_ms=NOW_MS + 9_000))
    shop.run()
    assert (shop.rows()[subject("ann")][0], shop.rows()[subject("bob")][0]) == (2, 1)
    assert [one.item for one in shop.state("ann").recent()] == [
        event(item_id).item_key for item_id in ("desk", "lamp", "vase", "lamp")
    ]
    assert shop.state("ann").applied == 4
    assert shop.verify().different == 1
    assert shop.rebuild().different == 1
    assert shop.verify().equal


@pytest.mark.parametrize("row", [*GARBAGE, as_newer_code_writes(user_row.pack(UserState()))])
def test_verify_and_rebuild_name_and_repair_a_row_that_nobody_can_read(shop: ShopInMemory, row: bytes) -> None:
    """The other rows are compared as ever."""
    good = shop.rows()
    replace_user(shop, "bob", row)
    (difference,) = shop.verify().differences
    assert (difference.row, difference.live) == (f"user {subject('bob').hex()}", row)
    assert difference.log == good[subject("bob")]
    rebuilt = shop.rebuild()
    assert (rebuilt.different, rebuilt.missing) == (1, 0)
    assert shop.rows() == good
    assert shop.verify().equal


def test_verify_and_rebuild_name_and_repair_a_trend_that_nobody_can_read(shop: ShopInMemory) -> None:
    """Every shard's."""
    good = shop.trends()
    newer = replace_trends(shop)
    found = shop.verify()
    assert {(one.row, one.live) for one in found.differences} == {
        (f"trend of {shard}", row) for shard, row in newer.items()
    }
    assert shop.rebuild().different == len(newer)
    assert shop.trends() == good
    assert shop.verify().equal


def test_a_projector_leaves_a_row_that_it_cannot_read_and_goes_on_with_the_others(shop: ShopInMemory) -> None:
    """The batch is done; the rebuild brings back what the row did not take."""
    newer = as_newer_code_writes(shop.rows()[subject("bob")])
    replace_user(shop, "bob", newer)
    shop.happens("bob", *views("desk", start_ms=NOW_MS + 9_000))
    shop.happens("eve", *views("desk", start_ms=NOW_MS + 9_000))
    reports = projected(shop)
    assert shop.rows()[subject("bob")] == newer
    assert shop.state("eve").applied == 5
    errors = {row: error for report in reports for row, error in report.unreadable.items()}
    assert list(errors) == [f"user {subject('bob').hex()}"]
    assert isinstance(errors[f"user {subject('bob').hex()}"], UnknownFormatError)
    assert {report.failed_from for report in reports} == {None}
    shop.rebuild()
    assert shop.state("bob").applied == 5
    assert shop.verify().equal


def test_a_projector_leaves_a_trend_that_it_cannot_read_and_goes_on_with_the_users(shop: ShopInMemory) -> None:
    """The trend's version rises with each batch: that is what a switch of versions waits for."""
    newer = replace_trends(shop)
    before = {shard: row.version for shard, row in shop.views.stores[1].trends.items()}
    position = shop.happens("bob", *views("desk", start_ms=NOW_MS + 9_000))
    (report,) = projected(shop)
    assert list(report.unreadable) == [f"trend of {position.shard}"]
    assert shop.state("bob").applied == 5
    assert shop.trends() == newer
    after = {shard: row.version for shard, row in shop.views.stores[1].trends.items()}
    assert after == {**before, position.shard: before[position.shard] + 1}
    shop.rebuild()
    assert shop.verify().equal


@pytest.mark.parametrize("unreadable", ["the trends", "the user's row", "both"])
def test_a_switch_does_not_lose_what_is_projected_beside_a_row_that_nobody_can_read(
    shop: ShopInMemory, unreadable: str
) -> None:
    """Something comes and is projected between the last look at the stream and the switch."""
    if unreadable != "the user's row":
        replace_trends(shop)
    if unreadable != "the trends":
        replace_user(shop, "ann", as_newer_code_writes(shop.rows()[subject("ann")]))
    store: Any = shop.views.stores[1]

    class Late(MemoryFeatureStore):
        """Before its trends are read, somebody is quick."""

        times = 0

        def read_trends(self) -> dict[str, VersionedRow]:
            self.times += 1
            if self.times in (2, 3):
                shop.happens("ann", *views(f"late-{self.times}", start_ms=NOW_MS + 10_000 * self.times))
                shop.run_projector()
            return super().read_trends()

    late = Late()
    vars(late).update(vars(store))
    shop.views.stores[1] = late
    shop.rebuild()
    assert late.times > 2
    assert shop.views.serving() == 2
    shop.run_projector()
    assert shop.state("ann").applied == 7
    assert shop.verify().equal


def test_an_old_row_of_an_erased_user_is_blank(shop: ShopInMemory) -> None:
    """It counts for nothing in a digest, whatever its format."""
    shop.erase("bob")
    shop.run()
    replace_user(shop, "bob", as_format_1(shop.state("bob")))
    assert shop.verify().users == 3


def projected(shop: ShopInMemory) -> list[Any]:
    """What became of each batch that is new."""
    reports: list[Any] = []
    project = shop.project

    def noted(shard: str, batch: Any) -> Any:
        reports.append(project(shard, batch))
        return reports[-1]

    shop.project = noted  # type: ignore[assignment]  # called like the use case
    shop.run()
    shop.project = project
    return reports
