"""A shop that lives: seeded customers who look, choose, buy and change, and who react to what they are shown."""

from __future__ import annotations

from millstream_tools.shops.simulated.config import ShopConfig
from millstream_tools.shops.simulated.simulated_shop import SimulatedShop
