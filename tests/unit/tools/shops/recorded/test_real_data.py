"""The readers against real files, where a developer has them: MILLSTREAM_DATA names a folder with one for each set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from millstream_tools.shops.contract import play
from millstream_tools.shops.recorded import RecordedShop, open_shop
from tests.unit.tools.shops.contract.covisitation import Covisitation, ScoredStorefront

_DATA = os.environ.get("MILLSTREAM_DATA")
pytestmark = pytest.mark.skipif(not _DATA, reason="MILLSTREAM_DATA names no folder with real data sets")


def _open(folder: str) -> RecordedShop:
    path = Path(_DATA or "") / folder
    if not path.exists():
        pytest.skip(f"MILLSTREAM_DATA has no folder {folder}")
    return open_shop(path, seed=1, probes=1_500)


def _hit_rates(shop: RecordedShop) -> ScoredStorefront:
    storefront = ScoredStorefront(Covisitation(shop.history()), shop.exclude_seen)
    for day in shop.days():
        for visit in day.visits:
            play(visit, storefront)
    return storefront


def test_online_retail_is_cleaned_as_it_is_everywhere() -> None:
    """The usual cleaning leaves 397,924 lines; merging a product's lines on an invoice, 387,875 purchases."""
    summary = "\n".join(_open("uci-online-retail").summary())
    for words in ("read 541,909", "135,080 that have no customer", "8,905 that belong to a cancellation", "387,875"):
        assert words in summary


@pytest.mark.parametrize(
    ("folder", "popular", "live"),
    [("uci-online-retail", 0.05, 0.25), ("movielens-100k", 0.12, 0.15), ("yoochoose-clicks-100k", 0.12, 0.27)],
)
def test_live_context_beats_popularity_on_real_data(folder: str, popular: float, live: float) -> None:
    """Margins lie three standard errors off what was measured."""
    scored = _hit_rates(_open(folder))
    assert scored.hit_rate("popular") < popular
    assert scored.hit_rate("live") > live
    assert scored.hit_rate("live") > 1.5 * scored.hit_rate("frozen")
