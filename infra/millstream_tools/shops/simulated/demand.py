"""The demand of a day: popularity, season, novelty and availability."""

from __future__ import annotations

import numpy as np

from millstream_tools.shops.simulated.catalogue import Catalogue, Floats
from millstream_tools.shops.simulated.config import ShopConfig


def daily_weights(catalogue: Catalogue, config: ShopConfig) -> Floats:
    """(days, products): each product's weight on each day before any personal taste; 0 when it is not on sale."""
    days = np.arange(config.days)
    age = days[:, None] - catalogue.first_day
    arrived_later = catalogue.first_day > 0  # the first day's assortment is not news to anyone
    novelty = config.novelty * 0.5 ** (np.maximum(age, 0) / config.novelty_half_life) * arrived_later
    logits = catalogue.log_popularity + shelf_seasons(catalogue, config)[:, catalogue.shelf] + novelty
    on_sale = np.stack([catalogue.on_sale(int(day)) for day in days])
    return np.where(on_sale, np.exp(logits), 0.0)


def shelf_seasons(catalogue: Catalogue, config: ShopConfig) -> Floats:
    """(days, shelves): the season's addend to a shelf's log weight, a cosine with the shelf's own peak and swing."""
    phase = np.arange(config.days)[:, None] / config.season_days - np.array([s.peak for s in catalogue.shelves])
    swing: Floats = config.season_swing * np.array([s.swing for s in catalogue.shelves])
    return np.asarray(swing * np.cos(2 * np.pi * phase))
