"""The immutable state of the shop, shared by all visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream_tools.shops.simulated.affinity import affinities
from millstream_tools.shops.simulated.catalogue import Catalogue, Floats, stock_the_shop
from millstream_tools.shops.simulated.config import ShopConfig
from millstream_tools.shops.simulated.demand import daily_weights


@dataclass(frozen=True, slots=True)
class World:
    """The catalogue, its daily demand (days, products) and the pull between products (products, products)."""

    seed: int
    config: ShopConfig
    catalogue: Catalogue
    demand: Floats
    affinity: NDArray[np.float32]

    @classmethod
    def of(cls, seed: int, config: ShopConfig) -> World:
        """The world of this seed."""
        catalogue = stock_the_shop(seed, config)
        return cls(seed, config, catalogue, daily_weights(catalogue, config), affinities(seed, catalogue, config))
