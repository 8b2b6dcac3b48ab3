"""The whole log: archive and stream as one, and what of it counts."""

from __future__ import annotations

from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.domain.log.positions import shard_number
from tests.builders import POISON, views
from tests.unit.millstream.application.replay.shop import ShopInMemory


def test_a_log_without_amendments_is_read_as_it_is() -> None:
    """Unreadable records too: they are counted by who learns from the log."""
    shop = ShopInMemory()
    for user in ("ann", "eve"):
        shop.happens(user, *views("lamp"))
    shop.put(POISON)
    shop.run_archivist()
    assert list(as_of(WholeLog(shop.archive)).records()) == list(shop.archive.read())


def test_erased_users_and_void_records_are_left_out() -> None:
    """Wherever the log says it; what an erased user did later counts."""
    shop = ShopInMemory()
    gone = [shop.happens("ann", *views("lamp")), shop.happens("eve", *views("void"))]
    kept = [shop.happens("eve", *views("vase")), shop.erase("ann"), shop.happens("ann", *views("new"))]
    kept.append(shop.void(gone[1]))
    shop.run_archivist()
    positions = {record.position for record in as_of(WholeLog(shop.archive)).records()}
    assert positions == set(kept)


def test_what_the_stream_holds_behind_the_archive_is_read_too() -> None:
    """Each record once, each shard's records in order; without the stream the log ends with the archive."""
    shop = ShopInMemory()
    archived = {shop.happens(user, *views("lamp")) for user in ("ann", "bob", "cem", "eve")}
    shop.run_archivist()
    later = {shop.happens(user, *views("vase")) for user in ("ann", "bob", "cem", "eve")}
    assert {record.position for record in WholeLog(shop.archive).read()} == archived
    positions = [record.position for record in WholeLog(shop.archive, shop.log).read()]
    assert sorted(positions) == sorted(archived | later)
    assert positions == sorted(positions, key=lambda one: (shard_number(one.shard), one.sequence_number))


def test_an_erasure_that_is_not_archived_yet_counts() -> None:
    """What an erased user did is left out from the moment on at which the log says it."""
    shop = ShopInMemory()
    shop.happens("ann", *views("lamp"))
    shop.run_archivist()
    erased = shop.erase("ann")
    assert [record.position for record in as_of(WholeLog(shop.archive, shop.log)).records()] == [erased]
