"""The simulated shop is neither trivial nor noise: a simple recommender beats popularity, and live context helps."""

from __future__ import annotations

import pytest

from millstream_tools.shops.contract import play
from millstream_tools.shops.simulated import ShopConfig, SimulatedShop
from tests.unit.tools.shops.contract.covisitation import Covisitation, ScoredStorefront

_CONFIG = ShopConfig(customers=400, products=320, history_days=16, live_days=3)


@pytest.fixture(scope="module")
def scored() -> ScoredStorefront:
    """A co-visitation model, fitted on the history, has played all live days."""
    shop = SimulatedShop(_CONFIG, seed=11, probes=600)
    storefront = ScoredStorefront(Covisitation(shop.history()), shop.exclude_seen)
    gone = {product.item_id for product in shop.products() if not product.available}
    for day in shop.days():
        gone.update(day.retired)
        storefront.gone = frozenset(gone)
        for visit in day.visits:
            play(visit, storefront)
    return storefront


def test_live_context_beats_popularity_clearly(scored: ScoredStorefront) -> None:
    """By two thirds at least in hit@10; the standard error of a rate is about 0.02."""
    assert scored.probes > 300
    assert scored.hit_rate("live") > 1.66 * scored.hit_rate("popular")


def test_live_context_beats_a_frozen_profile(scored: ScoredStorefront) -> None:
    """What a customer did a minute ago says more than what they did last week."""
    assert scored.hit_rate("live") > 1.5 * scored.hit_rate("frozen")


def test_better_slates_are_worth_more(scored: ScoredStorefront) -> None:
    """By true click and purchase rates: recommended above popular above random."""
    for value, margin in ((scored.expected_clicks, 1.3), (scored.expected_purchases, 1.3)):
        rate = {arm: value[arm] / scored.shown[arm] for arm in scored.shown}
        assert rate["millstream"] > margin * rate["popular"] > margin * rate["random"]


def test_nobody_reads_minds(scored: ScoredStorefront) -> None:
    """Most of what customers do next stays a surprise, as it does in real shops."""
    assert scored.hit_rate("live") < 0.6
