"""What customers do with slates, against the truth that the shop tells."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from statistics import mean

import numpy as np
import pytest

from millstream_tools.shops.contract import Behaved, Shown, Slate
from millstream_tools.shops.simulated.chance import chance
from millstream_tools.shops.simulated.house import ArmShares
from millstream_tools.shops.simulated.slate_choice import slate_chances
from tests.unit.tools.shops.simulated.small_shop import SMALL, next_step, small_shop, steps_of

_WORLD = small_shop().world
_SLATE = tuple(product.item_id for product in _WORLD.catalogue.products[:10])
_EQUAL = np.ones(len(_WORLD.catalogue.products))


def _clicks(slate: tuple[str, ...], tries: int = 20_000) -> Counter[str]:
    chances = slate_chances(slate, _EQUAL, _WORLD.catalogue, replace(SMALL, outside=0.02))
    clicks: Counter[str] = Counter()
    for fate in chance(5, "clicks").random(tries):
        if clicked := chances.clicked(float(fate)):
            clicks[_WORLD.catalogue.products[clicked[0]].item_id] += 1
    return clicks


def test_the_same_product_is_clicked_more_the_higher_it_stands() -> None:
    """Among products that everyone likes equally, clicks fall as position to the power of -0.7."""
    clicks = _clicks(_SLATE)
    rates = [clicks[item] for item in _SLATE]
    assert rates[0] > 1.3 * rates[1] > 1.3 * rates[3] > 1.3 * rates[9]
    turned = _clicks(_SLATE[::-1])
    assert clicks[_SLATE[0]] > 3 * turned[_SLATE[0]]
    assert rates[9] / rates[0] == pytest.approx(10**-0.7, rel=0.15)


def test_clicks_come_as_often_as_the_chances_say() -> None:
    """Twenty thousand tries land within three standard errors of the stated probability."""
    chances = slate_chances(_SLATE, _EQUAL, _WORLD.catalogue, replace(SMALL, outside=0.02))
    clicked = _clicks(_SLATE).total() / 20_000
    assert clicked == pytest.approx(chances.click, abs=3 * (0.25 / 20_000) ** 0.5)


def test_nothing_worth_wanting_is_clicked_by_accident_alone() -> None:
    """A slate of products without any weight still collects the odd slip, by position."""
    weights = _EQUAL.copy()
    weights[:10] = 0.0
    chances = slate_chances(_SLATE, weights, _WORLD.catalogue, SMALL)
    assert chances.meant.sum() == 0
    assert chances.click == pytest.approx(SMALL.accidental)
    assert chances.slipped[0] > chances.slipped[1]


def test_unknown_and_repeated_ids_take_up_room_and_win_nothing() -> None:
    """They push the rest down, so the slate is worth less."""
    good = slate_chances(_SLATE, _EQUAL, _WORLD.catalogue, SMALL)
    spoilt = slate_chances(("nothing", _SLATE[0], _SLATE[0], *_SLATE[1:8]), _EQUAL, _WORLD.catalogue, SMALL)
    assert spoilt.meant[0] == spoilt.meant[2] == 0
    assert spoilt.click < good.click
    assert slate_chances((), _EQUAL, _WORLD.catalogue, SMALL).click == 0


def test_the_truth_of_a_moment_does_not_change_when_the_visit_moves_on() -> None:
    """It may be asked later, for any slate, without touching the visit."""
    for visit in next(iter(small_shop().days())).visits:
        run, moments, answer = visit.steps(), [], None
        while (step := next_step(run, answer)) is not None:
            answer = None
            if isinstance(step, Shown):
                moments.append((step, step.truth(_SLATE)))
                answer = Slate(_SLATE)
        assert all(step.truth(_SLATE) == value for step, value in moments)
        assert all(0 <= value.purchase <= value.click <= 1 for _, value in moments)


def test_observed_clicks_and_purchases_agree_with_the_truth() -> None:
    """Summed over many moments, what customers do is what their probabilities say."""
    config = replace(SMALL, customers=400, outside=0.02, cart_bias=-0.5)
    clicks = buys = 0
    expected_clicks = expected_buys = variance = 0.0
    visits = [visit for day in small_shop(config=config).days() for visit in day.visits]
    for step in (step for visit in visits for step in steps_of(visit, _SLATE)):
        if isinstance(step, Shown):
            value = step.truth(_SLATE)
            expected_clicks += value.click
            expected_buys += value.purchase
            variance += value.click * (1 - value.click)
        elif isinstance(step, Behaved):
            clicks += sum(bool(behaviour.impression) for behaviour in step.behaviours)
            buys += sum(b.event_type == "ItemPurchased" and b.recommendation_id is not None for b in step.behaviours)
    assert clicks > 50
    assert clicks == pytest.approx(expected_clicks, abs=3 * variance**0.5)
    assert buys == pytest.approx(expected_buys, abs=3 * expected_buys**0.5)


def test_a_slate_is_worth_what_the_customers_taste_makes_of_it() -> None:
    """The true value differs between slates and between customers, and lies below one."""
    shop = small_shop()
    users = sorted({behaviour.user_id for behaviour in shop.history()})[:20]
    values = [shop.true_value(user, _SLATE) for user in users]
    assert len({round(value.click, 9) for value in values}) == len(values)
    assert all(0 < value.purchase < value.click < 1 for value in values)
    nothing = mean(shop.true_value(user, ()).click for user in users)
    assert nothing == 0


def test_the_true_value_of_nobody_is_refused() -> None:
    """The message names the ids that exist."""
    with pytest.raises(LookupError, match="customer-00000 to customer-00119, got 'nobody'"):
        small_shop().true_value("nobody", _SLATE)


def test_arms_share_the_slates_as_configured() -> None:
    """Half, a quarter, a quarter, within three standard errors."""
    arms = Counter(ArmShares(0.5, 0.25).arm(1, "moment", number) for number in range(4_000))
    assert arms["millstream"] == pytest.approx(2_000, abs=3 * 32)
    assert arms["popular"] == pytest.approx(1_000, abs=3 * 28)
    assert arms["random"] == pytest.approx(1_000, abs=3 * 28)


def test_only_the_arm_under_test_leaves_the_slate_to_the_recommender() -> None:
    """The house's slates are full, on sale, and free of what this visit has looked at."""
    shop = small_shop()
    gone = {product.item_id for product in shop.products() if not product.available}
    for day in shop.days():
        gone |= set(day.retired)
        for visit in day.visits:
            seen: set[str] = set()
            for step in steps_of(visit):
                if isinstance(step, Behaved):
                    seen |= {behaviour.item_id for behaviour in step.behaviours}
                elif isinstance(step, Shown) and step.arm == "millstream":
                    assert step.house_slate is None
                elif isinstance(step, Shown):
                    assert len(set(step.house_slate or ())) == step.n
                    assert not set(step.house_slate or ()) & (seen | gone)


def test_the_history_shows_the_shops_own_slates() -> None:
    """Clicks before the cut carry an impression and no recommendation id: no recommender was there."""
    clicked = [behaviour for behaviour in small_shop().history() if behaviour.impression]
    assert clicked
    assert all(behaviour.recommendation_id is None and len(behaviour.impression) == 10 for behaviour in clicked)
