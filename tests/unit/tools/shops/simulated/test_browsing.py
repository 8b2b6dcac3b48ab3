"""The stream without slates, and the truth beside it."""

from __future__ import annotations

from collections import defaultdict

from millstream_tools.shops.simulated import SimulatedShop
from millstream_tools.shops.simulated.browsing import Found
from tests.unit.tools.shops.simulated.small_shop import SMALL, small_shop


def _found() -> list[Found]:
    return list(small_shop().browsing())


def test_the_same_seed_is_browsed_alike() -> None:
    """Truth included."""
    assert list(SimulatedShop(SMALL, seed=3).browsing()) == _found()
    assert list(SimulatedShop(SMALL, seed=4).browsing()) != _found()


def test_browsing_goes_on_after_the_cut_and_nobody_looks_at_a_product_twice_in_a_visit() -> None:
    """Visits of a customer are hours apart, pages of a visit minutes."""
    found = _found()
    cut = SMALL.opens_at + SMALL.history_days * 86_400
    assert found[0].at < cut < found[-1].at
    latest: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        visit = latest[one.user_id]
        if visit and one.at - visit[-1].at > 1_800:
            visit.clear()
        assert one.item_id not in {earlier.item_id for earlier in visit}
        visit.append(one)


def test_ranks_are_places_among_the_products_that_can_be_found() -> None:
    """Half of the finds are among the best few dozen, but no place is certain: customers choose, they do not obey."""
    ranks = sorted(one.rank for one in _found())
    assert ranks[0] >= 1
    assert ranks[-1] <= SMALL.products
    assert 1 < ranks[len(ranks) // 2] < SMALL.products / 4


def test_the_truth_is_drawn_from() -> None:
    """A first place comes more often than a tenth, that more often than a fortieth."""
    ranks = [one.rank for one in _found()]
    assert ranks.count(1) > ranks.count(10) > ranks.count(40)
