"""Laws of the simulated shop, for any slates and any order of playing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream_tools.shops.contract import Shown, play
from tests.unit.tools.shops.simulated.small_shop import FixedSlate, next_step, played, small_shop

_SHOP = small_shop()
_VISITS = [visit for day in _SHOP.days() for visit in day.visits]
_ITEMS = [product.item_id for product in _SHOP.world.catalogue.products]

slates = st.lists(st.sampled_from([*_ITEMS, "unknown", ""]), max_size=25)


@given(slate=slates, number=st.integers(0, len(_VISITS) - 1))
def test_a_visit_is_a_function_of_its_slates(slate: list[str], number: int) -> None:
    """Played twice under the same slates, it is the same visit, down to event ids and times."""
    assert played(_VISITS[number], slate) == played(_VISITS[number], slate)


@given(order=st.permutations(range(6)), slate=slates)
def test_the_order_of_visits_does_not_matter(order: list[int], slate: list[str]) -> None:
    """What one customer does leaves no trace with another."""
    assert {n: played(_VISITS[n], slate) for n in order} == {n: played(_VISITS[n], slate) for n in range(6)}


@given(slate=slates, number=st.integers(0, len(_VISITS) - 1))
def test_time_goes_forward_within_a_visit(slate: list[str], number: int) -> None:
    """And every event belongs to the visitor's one session."""
    behaviours = played(_VISITS[number], slate)
    times = [behaviour.occurred_at for behaviour in behaviours]
    assert times == sorted(times)
    assert all(time >= round(_VISITS[number].started_at, 3) for time in times)
    assert len({(behaviour.user_id, behaviour.session_id) for behaviour in behaviours}) <= 1


@given(slate=slates, number=st.integers(0, len(_VISITS) - 1))
def test_true_values_are_probabilities(slate: list[str], number: int) -> None:
    """A purchase takes a click, and no slate is worth more than certainty."""
    storefront = FixedSlate(slate)
    play(_VISITS[number], storefront)
    for shown in (step for step in storefront.steps if isinstance(step, Shown)):
        value = shown.truth(slate)
        assert 0 <= value.purchase <= value.click <= 1


@given(slate=slates, more=st.sampled_from(_ITEMS), number=st.integers(0, len(_VISITS) - 1))
def test_a_longer_slate_is_never_clicked_less(slate: list[str], more: str, number: int) -> None:
    """Except for the accidents, whose share is fixed, a longer slate competes better with the rest of the shop."""
    run, answer = _VISITS[number].steps(), None
    while (step := next_step(run, answer)) is not None:
        if isinstance(step, Shown):
            accidents = _SHOP.config.accidental
            assert step.truth([*slate, more]).click >= step.truth(slate).click - accidents
            return
