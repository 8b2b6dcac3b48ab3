"""`millstream verify` says equal when the views are what the log says, and which row is not when they are not."""

from __future__ import annotations

import pytest

from millstream.adapters.memory import MemoryWorkspace
from millstream.application.replay.progress import silently
from millstream.application.replay.verify import Verify
from millstream.domain.views import user_row
from millstream.domain.views.user_state import UserState
from tests.builders import record, subject, views
from tests.unit.millstream.application.replay.shop import ShopInMemory

PARTITIONS = pytest.mark.parametrize("partitions", [1, 3])


@pytest.fixture
def shop() -> ShopInMemory:
    """A shop in which a few things have happened."""
    return ShopInMemory.open()


@PARTITIONS
def test_views_that_were_folded_from_the_log_are_equal_to_it(shop: ShopInMemory, partitions: int) -> None:
    """The same digest on both sides, and every event is accounted for."""
    found = shop.verify(partitions)
    assert found.equal
    assert found.live == found.log
    assert (found.users, list(found.differences)) == (4, [])
    tally = found.tally
    assert (tally.records, tally.dead, tally.events, tally.applied, tally.duplicates) == (9, 1, 20, 16, 4)


def test_the_digest_does_not_depend_on_the_partitions(shop: ShopInMemory) -> None:
    """Nor on how much of the log is archived already."""
    before = shop.verify(1)
    shop.happens("new", *views("lamp"))
    shop.run_projector()
    assert shop.verify(1).live == shop.verify(5).live != before.live


def test_a_log_that_is_not_archived_yet_is_read_from_the_stream(shop: ShopInMemory) -> None:
    """What lies behind the archive."""
    shop.happens("ann", *views("desk"))
    shop.run_projector()
    found = shop.verify()
    assert found.equal
    assert found.tally.events == 21


def test_a_row_that_was_tampered_with_is_named(shop: ShopInMemory) -> None:
    """The row, what it holds, and what the log says."""
    good = shop.rows()[subject("bob")]
    bad = good[:-1] + bytes([good[-1] ^ 1])
    with shop.damaged("bob", bad):
        found = shop.verify()
    (difference,) = found.differences
    assert (difference.row, difference.live, difference.log) == (f"user {subject('bob').hex()}", bad, good)
    assert found.live != found.log
    assert not found.equal


def test_a_row_that_is_missing_is_named(shop: ShopInMemory) -> None:
    """Somebody deleted it."""
    good = shop.views.stores[1].users.pop(subject("cem")).data
    (difference,) = shop.verify().differences
    assert (difference.live, difference.log) == (None, good)


def test_a_row_of_which_the_log_knows_nothing_is_named(shop: ShopInMemory) -> None:
    """Somebody put it there."""
    state = UserState()
    state.fold(0, 1, [(b"lamp00", b"event0", 1, 0.0, 1)])
    shop.views.stores[1].users[subject("zoe")] = (
        shop.views.stores[1].users[subject("ann")]._replace(data=user_row.pack(state))
    )
    (difference,) = shop.verify().differences
    assert (difference.row, difference.log) == (f"user {subject('zoe').hex()}", None)


def test_a_trend_that_is_not_what_the_log_says_is_named(shop: ShopInMemory) -> None:
    """Changed, or missing."""
    trends = shop.views.stores[1].trends
    shard, good = next(iter(trends.items()))
    trends[shard] = good._replace(data=good.data[:-1] + b"\xff")
    assert [one.row for one in shop.verify().differences] == [f"trend of {shard}"]
    del trends[shard]
    assert [(one.row, one.live) for one in shop.verify().differences] == [(f"trend of {shard}", None)]


def test_views_that_lost_everything_are_not_equal(shop: ShopInMemory) -> None:
    """Nothing is not what the log says."""
    shop.views.stores[1].users.clear()
    shop.views.stores[1].trends.clear()
    found = shop.verify()
    assert found.different == 4 + len(shop.log.shards())


def test_rows_that_a_batch_is_just_reaching_are_read_again() -> None:
    """The trend is written, the users not yet: after a moment they are."""
    shop = ShopInMemory()
    shop.happens("ann", *views("lamp"))
    shop.run()
    late = shop.views.stores[1].users.pop(subject("ann"))
    waits = []

    def arrives() -> None:
        waits.append(1)
        shop.views.stores[1].users[subject("ann")] = late

    found = Verify(shop.views, shop.archive, shop.log, MemoryWorkspace(), arrives)(silently, 1)
    assert (found.equal, found.live == found.log, waits) == (True, True, [1])


def test_events_that_arrive_meanwhile_do_not_disturb(shop: ShopInMemory) -> None:
    """Rows that are ahead of the archive are compared at their own position."""
    shop.happens("ann", *views("desk"))
    shop.happens("new", *views("desk"))
    assert shop.verify().equal
    shop.run_projector()
    shop.happens("ann", *views("vase", start_ms=1))
    assert shop.verify().equal


def test_history_that_was_archived_and_not_rebuilt_waits_and_is_no_difference(shop: ShopInMemory) -> None:
    """The log says more than the views; a row that is wrong is named as before."""
    shop.imports(record("ann", *views("old")), record("old", *views("old")))
    found = shop.verify()
    assert (found.equal, found.different, list(found.waiting)) == (False, 0, [0])
    assert found.live == found.log
    with shop.damaged("bob", b"rubbish"):
        found = shop.verify()
    assert [one.row for one in found.differences] == [f"user {subject('bob').hex()}"]
    shop.rebuild()
    found = shop.verify()
    assert (found.equal, list(found.waiting)) == (True, [])


def test_an_erased_user_is_empty_and_equal(shop: ShopInMemory) -> None:
    """The live row is empty at once; the trend keeps what it had added up, and so does the log's fold."""
    shop.erase("bob")
    shop.run_projector()
    assert (shop.state("bob").applied, list(shop.state("bob").recent())) == (0, [])
    found = shop.verify()
    assert (found.equal, found.users) == (True, 3)
