"""The simulated shop as a shop."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise, zip_longest

import pytest

from millstream_tools.shops.contract import LARGEST_BATCH, Behaved, BehaviourKind, Probed, Shop, Shown, Visit
from millstream_tools.shops.simulated import ShopConfig, SimulatedShop
from tests.unit.tools.shops.simulated.small_shop import SMALL, played, small_shop, steps_of

_SLATE = tuple(product.item_id for product in small_shop().products()[:10])


def _live_visits() -> list[Visit]:
    shop: Shop = small_shop()
    return [visit for day in shop.days() for visit in day.visits]


def test_the_same_seed_makes_the_same_shop() -> None:
    """Catalogue, history and live stream are functions of the seed and the slates."""
    one, other = (SimulatedShop(SMALL, seed=3, probes=60) for _ in range(2))
    assert one.products() == other.products()
    assert list(one.history()) == list(other.history())
    assert [played(visit, _SLATE) for day in one.days() for visit in day.visits] == [
        played(visit, _SLATE) for day in other.days() for visit in day.visits
    ]


def test_another_seed_makes_another_shop() -> None:
    """The seed decides about products as well as about people."""
    one, other = small_shop(seed=3), small_shop(seed=4)
    assert one.products() != other.products()
    assert list(one.history()) != list(other.history())


def test_history_is_in_time_order_and_ends_at_the_cut() -> None:
    """Nothing before the cut is told twice or late."""
    times = [behaviour.occurred_at for behaviour in small_shop().history()]
    assert times == sorted(times)
    assert times[0] >= SMALL.opens_at
    assert times[-1] < SMALL.opens_at + SMALL.history_days * 86_400 + 3_600


def test_every_event_has_its_own_id() -> None:
    """Deduplication by event id loses nothing."""
    history = list(small_shop().history())
    live = [behaviour for visit in _live_visits() for behaviour in played(visit, _SLATE)]
    ids = [behaviour.event_id for behaviour in (*history, *live)]
    assert len(set(ids)) == len(ids)


def test_visits_do_not_care_in_which_order_they_are_played() -> None:
    """Backwards, and by four threads at once, every visit is the one it was."""
    forwards = [played(visit, _SLATE) for visit in _live_visits()]
    backwards = [played(visit, _SLATE) for visit in reversed(_live_visits())][::-1]
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(lambda visit: played(visit, _SLATE), _live_visits()))
    assert forwards == backwards == at_once


def test_two_interleaved_visits_do_not_disturb_each_other() -> None:
    """Step by step in turns, both are what they are alone."""
    longest = sorted(_live_visits(), key=lambda visit: -len(played(visit, ())))[:2]
    alone = [[step.behaviours for step in steps_of(visit) if isinstance(step, Behaved)] for visit in longest]
    in_turns = zip_longest(*(visit.steps() for visit in longest))  # None goes in for every slate: nothing was shown
    done = [[step.behaviours for step in steps if isinstance(step, Behaved)] for steps in zip(*in_turns, strict=True)]
    assert done == alone


def test_other_slates_change_what_customers_do() -> None:
    """The loop is closed."""
    wanted = tuple(product.item_id for product in small_shop().products()[10:20])
    visits = _live_visits()
    assert [played(visit, _SLATE) for visit in visits] != [played(visit, wanted) for visit in visits]


def test_a_visit_without_slates_is_the_same_under_any_recommender() -> None:
    """Other slates elsewhere leave its random numbers alone."""
    visits = _live_visits()
    slateless = [visit for visit in visits if not any(isinstance(step, Shown) for step in steps_of(visit))]
    assert slateless
    assert all(played(visit, _SLATE) == played(visit, ()) for visit in slateless)


def test_any_list_of_ids_may_be_shown() -> None:
    """Unknown, repeated, too many or no ids: a customer clicks only what exists."""
    known = {product.item_id for product in small_shop().world.catalogue.products}
    for slate in ((), ("no-such-thing",) * 30, (*_SLATE, *_SLATE, "no-such-thing")):
        for visit in _live_visits():
            assert {behaviour.item_id for behaviour in played(visit, slate)} <= known


def test_a_click_on_a_slate_tells_which_slate() -> None:
    """The view carries the impression and the recommendation id; so do, by id, cart and purchase after it."""
    clicked = [b for visit in _live_visits() for b in played(visit, _SLATE) if b.recommendation_id]
    views = [behaviour for behaviour in clicked if behaviour.event_type is BehaviourKind.VIEWED]
    assert views
    assert all(view.impression == _SLATE and view.item_id in _SLATE for view in views)
    led = {(behaviour.recommendation_id, behaviour.item_id) for behaviour in views}
    assert {(behaviour.recommendation_id, behaviour.item_id) for behaviour in clicked} == led


def test_nobody_buys_what_they_have_not_put_into_the_cart_nor_rates_what_they_have_not_bought() -> None:
    """View, cart, purchase, rating: in this order, in one visit."""
    order = [BehaviourKind.VIEWED, BehaviourKind.ADDED_TO_CART, BehaviourKind.PURCHASED, BehaviourKind.RATED]
    eager = replace(SMALL, cart_bias=0.0, rating=0.9)
    done: defaultdict[tuple[str, str], list[BehaviourKind]] = defaultdict(list)
    for behaviour in small_shop(config=eager).history():
        before = done[behaviour.session_id, behaviour.item_id]
        rank = order.index(behaviour.event_type)
        assert rank == 0 or order[rank - 1] in before, (behaviour, before)
        before.append(behaviour.event_type)
    assert {kind for kinds in done.values() for kind in kinds} == set(order)


def test_values_are_prices_and_stars() -> None:
    """A purchase is worth the product's price, a rating is one to five stars, a view is worth nothing."""
    shop = small_shop(config=replace(SMALL, cart_bias=0.0, rating=0.9))
    prices = {product.item_id: product.price for product in shop.world.catalogue.products}
    for behaviour in shop.history():
        match behaviour.event_type:
            case BehaviourKind.PURCHASED:
                assert behaviour.value == prices[behaviour.item_id]
            case BehaviourKind.RATED:
                assert behaviour.value in (1.0, 2.0, 3.0, 4.0, 5.0)
            case _:
                assert behaviour.value is None


def test_new_products_appear_and_are_found() -> None:
    """A product is announced on the morning of the first day on which anyone can look at it."""
    shop = small_shop(config=replace(SMALL, late_products=0.5, live_days=6))
    announced = {product.item_id for product in shop.products()}
    looked_at_new = 0
    for day in shop.days():
        fresh = {product.item_id for product in day.new_products}
        assert not fresh & announced
        announced |= fresh
        seen = {behaviour.item_id for visit in day.visits for behaviour in played(visit, ())}
        assert seen <= announced
        looked_at_new += len(seen - {product.item_id for product in shop.products()})
    assert looked_at_new > 5


def test_what_has_left_is_not_looked_at_any_more() -> None:
    """Retired products, and those that left before the cut, win no choice."""
    shop = small_shop(config=replace(SMALL, retiring_products=0.4, live_days=6))
    gone = {product.item_id for product in shop.products() if not product.available}
    assert gone
    for day in shop.days():
        gone |= set(day.retired)
        assert not gone & {behaviour.item_id for visit in day.visits for behaviour in played(visit, ())}


def test_probes_come_before_the_event_that_they_ask_about() -> None:
    """The question's target is the next thing that the customer does."""
    asked = 0
    for visit in _live_visits():
        steps = steps_of(visit)
        for step, following in pairwise(steps):
            if isinstance(step, Probed):
                asked += 1
                assert isinstance(following, Behaved)
                assert following.behaviours[0].item_id == step.target
                assert not following.behaviours[0].impression
    assert 30 < asked < 100  # 60 are wanted


def test_no_step_is_larger_than_a_call() -> None:
    """A page's events fit one call, and a step is never empty."""
    sizes = [len(step.behaviours) for visit in _live_visits() for step in steps_of(visit) if isinstance(step, Behaved)]
    assert 1 <= min(sizes) <= max(sizes) <= LARGEST_BATCH


def test_the_showcase_is_a_known_customer_whom_the_live_stream_leaves_alone() -> None:
    """Its events are part of no live visit, so showing them first changes nothing later."""
    shop = small_shop(config=replace(SMALL, visits_per_day=0.2))
    showcase = shop.showcase()
    assert showcase.user_id in {behaviour.user_id for behaviour in shop.history()}
    assert showcase.user_id not in {visit.user_id for day in shop.days() for visit in day.visits}
    assert len(showcase.behaviours) == 5
    assert {behaviour.user_id for behaviour in showcase.behaviours} == {showcase.user_id}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_story_of_the_showcase_is_true(seed: int) -> None:
    """The customer did nothing on the shelf that the story names, and does nothing else now."""
    shop = SimulatedShop(replace(SMALL, products=320, customers=200), seed=seed)
    showcase, catalogue = shop.showcase(), shop.world.catalogue
    category = {product.item_id: product.category for product in catalogue.products}
    (shelf,) = {category[behaviour.item_id] for behaviour in showcase.behaviours}
    past = [behaviour for behaviour in shop.history() if behaviour.user_id == showcase.user_id]
    assert f"{len(past)} events so far, none about {shelf}: until now" in showcase.reason
    assert shelf not in {category[behaviour.item_id] for behaviour in past}


def test_products_read_like_a_shop() -> None:
    """Each has its own id and name, a category, a price and a finished sentence."""
    products = small_shop(config=ShopConfig(customers=2)).world.catalogue.products
    assert len({product.item_id for product in products}) == len({product.name for product in products}) == 1_600
    assert all(product.category and product.price and product.price >= 1 for product in products)
    assert all(product.description.endswith(".") and "{" not in product.description for product in products)


@pytest.mark.parametrize(
    ("field", "value"), [("customers", 0), ("purchase", 1.5), ("pages_per_visit", 0.5), ("outside", 0.0)]
)
def test_an_impossible_shop_is_refused_by_the_name_of_the_field(field: str, value: float) -> None:
    """The message says what was expected and what came."""
    with pytest.raises(ValueError, match=rf"ShopConfig\.{field}: expected .* got {value}"):
        replace(SMALL, **{field: value})


def test_too_many_products_for_the_words_are_refused() -> None:
    """There are only so many series."""
    with pytest.raises(ValueError, match=r"ShopConfig\.products: expected at most 9600"):
        small_shop(config=replace(SMALL, products=10_000))
