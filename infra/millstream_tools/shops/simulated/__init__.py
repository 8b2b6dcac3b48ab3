"""The simulated shop: customers with random, seeded behaviour who react to recommendations."""

from __future__ import annotations

from millstream_tools.shops.simulated.config import ShopConfig
from millstream_tools.shops.simulated.simulated_shop import SimulatedShop
