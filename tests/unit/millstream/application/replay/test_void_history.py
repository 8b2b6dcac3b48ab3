"""An import that was voided is in no view that is built from then on, and the views that had it are still right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.memory import FixedClock
from millstream.application.collect.import_history import RECORDS_AN_IMPORT, void_history
from millstream.domain.log.positions import HISTORY_SHARD
from tests.builders import NOW_MS, record, subject, views
from tests.unit.millstream.application.replay.shop import ShopInMemory


def shop_with(*numbers: int) -> ShopInMemory:
    """A shop with imports of these numbers, each of another visit of ann and of a visitor of its own."""
    shop = ShopInMemory.open()
    for number in numbers:
        visits = [record("ann", *views(f"desk-{number}")), record(f"only-{number}", *views(f"sofa-{number}"))]
        shop.imports(*visits, first=number * RECORDS_AN_IMPORT + 1)
    return shop


def void(shop: ShopInMemory, number: int) -> None:
    void_history(number, shop.log, FixedClock(NOW_MS))
    shop.run()


def test_the_views_stay_equal_to_the_log_before_and_after_the_rebuild() -> None:
    """To a view that was built before, the voiding is an event like others."""
    shop = shop_with(1, 2)
    shop.rebuild()
    void(shop, 1)
    verified = shop.verify()
    assert (verified.equal, verified.tally.hidden, subject("only-1") in shop.rows()) == (True, 0, True)
    rebuilt = shop.rebuild()
    assert rebuilt.tally.hidden == 2
    verified = shop.verify()
    assert (verified.equal, verified.tally.hidden) == (True, 2)
    assert subject("only-1") not in shop.rows()
    assert subject("only-2") in shop.rows()


def test_events_that_follow_are_folded_into_views_without_the_void_import() -> None:
    """Live, and in the tail that a rebuild catches up with."""
    shop = shop_with(1)
    void(shop, 1)
    shop.rebuild()
    shop.happens("ann", *views("later"))
    shop.run()
    assert shop.verify().equal
    assert shop.state("ann").applied == shop_with().state("ann").applied + 1


@given(st.sets(st.integers(1, 4)), st.sets(st.integers(1, 4)))
def test_a_rebuild_equals_one_of_a_log_that_never_had_the_import(imported: set[int], voided: set[int]) -> None:
    """Byte by byte, whichever imports there are and whichever are void, also one that is voided twice or not there."""
    shop, without = shop_with(*imported), shop_with(*(imported - voided))
    for number in (*voided, *voided):
        void(shop, number)
    shop.rebuild()
    without.rebuild()
    assert shop.rows() == without.rows()
    assert shop.trends().get(HISTORY_SHARD) == without.trends().get(HISTORY_SHARD)
    assert shop.verify().equal
