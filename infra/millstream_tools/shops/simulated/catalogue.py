"""The products of the shop, and their hidden parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream_tools.shops.contract import Product
from millstream_tools.shops.simulated.chance import chance
from millstream_tools.shops.simulated.config import ShopConfig
from millstream_tools.shops.simulated.naming import Naming
from millstream_tools.shops.simulated.vocabulary import Shelf, vocabulary

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_PRODUCTS_PER_KIND = 3  # a small shop has fewer shelves rather than kinds without a choice


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All products that are ever on sale, as columns: position i describes `products[i]`.

    `shelf`, `kind` (place in the shelf's order of needs) and `series` are numbers; `style` is (products, styles);
    `price_score` is the log price in standard deviations of its shelf; `log_popularity` is a log weight; an item is on
    sale on days `first_day <= day < last_day`, counted from the start of the history.
    """

    products: tuple[Product, ...]
    index: Mapping[str, int]
    shelves: tuple[Shelf, ...]
    shelf: Ints
    kind: Ints
    series: Ints
    style: Floats
    price_score: Floats
    log_popularity: Floats
    first_day: Ints
    last_day: Ints

    @property
    def neighbour(self) -> Ints:
        """For each shelf, the shelf that people walk to next."""
        number = {shelf.category: place for place, shelf in enumerate(self.shelves)}
        return np.array([number.get(s.goes_with, (i + 1) % len(number)) for i, s in enumerate(self.shelves)])

    def on_sale(self, day: int) -> NDArray[np.bool_]:
        """Which products can be bought on a day."""
        return (self.first_day <= day) & (day < self.last_day)


def stock_the_shop(seed: int, config: ShopConfig) -> Catalogue:
    """The catalogue of this seed."""
    words, draw = vocabulary(), chance(seed, "catalogue")
    kinds = len(words.shelves[0].kinds)
    shelves = words.shelves[: max(2, min(len(words.shelves), config.products // (kinds * _PRODUCTS_PER_KIND)))]
    slot = np.arange(config.products) % (len(shelves) * kinds)
    round_ = np.arange(config.products) // (len(shelves) * kinds)
    shelf, kind = slot // kinds, slot % kinds
    lines = np.array([draw.permutation(len(words.series)) for _ in shelves])
    if round_.max() >= lines.shape[1]:
        most = lines.size * kinds
        raise ValueError(f"ShopConfig.products: expected at most {most} (kinds times series), got {config.products}")
    series = lines[shelf, round_]
    price, price_score = _prices(draw, shelves, shelf, kind)
    naming = Naming(words, draw)
    products = tuple(
        naming.product(shelves[s], shelves[s].kinds[k], int(line), float(p))
        for s, k, line, p in zip(shelf, kind, series, price, strict=True)
    )
    first_day, last_day = _days_on_sale(draw, config)
    return Catalogue(
        products=products,
        index={product.item_id: place for place, product in enumerate(products)},
        shelves=shelves,
        shelf=shelf,
        kind=kind,
        series=series,
        style=_styles(draw, len(words.series), len(words.styles))[series],
        price_score=price_score,
        log_popularity=-config.popularity_exponent * np.log(draw.permutation(config.products) + 1.0),
        first_day=first_day,
        last_day=last_day,
    )


def _prices(draw: np.random.Generator, shelves: tuple[Shelf, ...], shelf: Ints, kind: Ints) -> tuple[Floats, Floats]:
    """Prices and their scores: a kind has a usual price within the shelf's range, a product is a bit off it."""
    low, high = np.log(np.array([s.price for s in shelves])).T
    level = draw.random((len(shelves), len(shelves[0].kinds)))
    place = np.clip(level[shelf, kind] + draw.normal(0, 0.15, shelf.size), 0, 1)
    price = np.maximum(1.0, np.round(2 * np.exp(low[shelf] + place * (high - low)[shelf])) / 2)
    log_price = np.log(price)
    mean = np.bincount(shelf, log_price) / np.bincount(shelf)
    spread = np.sqrt(np.bincount(shelf, (log_price - mean[shelf]) ** 2) / np.bincount(shelf))
    return price, (log_price - mean[shelf]) / np.maximum(spread[shelf], 0.1)


def _styles(draw: np.random.Generator, series: int, styles: int) -> Floats:
    """(series, styles): each series is clearly of one style and a little of the others."""
    return np.eye(styles)[np.arange(series) % styles] * 1.5 + draw.normal(0, 0.4, (series, styles))


def _days_on_sale(draw: np.random.Generator, config: ShopConfig) -> tuple[Ints, Ints]:
    first = np.zeros(config.products, dtype=np.int64)
    last = np.full(config.products, config.days, dtype=np.int64)
    fate = draw.permutation(config.products)
    late = fate[: round(config.late_products * config.products)]
    first[late] = draw.integers(1, config.days, late.size)
    leaving = fate[late.size : late.size + round(config.retiring_products * config.products)]
    last[leaving] = draw.integers(1, config.days, leaving.size)
    return first, last
