from __future__ import annotations

from millstream.application.replay.amended_log import amended
from tests.builders import POISON, views
from tests.unit.millstream.application.replay.shop import ShopInMemory


def test_a_log_without_amendments_is_read_as_it_is() -> None:
    """Unreadable records too: they are counted by who learns from the log."""
    shop = ShopInMemory()
    for user in ("ann", "eve"):
        shop.happens(user, *views("lamp"))
    shop.put(POISON)
    shop.run_archivist()
    assert list(amended(shop.archive)) == list(shop.archive.read())


def test_erased_users_and_void_records_are_left_out() -> None:
    """Wherever the log says it; what an erased user did later counts."""
    shop = ShopInMemory()
    gone = [shop.happens("ann", *views("lamp")), shop.happens("eve", *views("void"))]
    kept = [shop.happens("eve", *views("vase")), shop.erase("ann"), shop.happens("ann", *views("new"))]
    kept.append(shop.void(gone[1]))
    shop.run_archivist()
    positions = {record.position for record in amended(shop.archive)}
    assert positions == set(kept)
