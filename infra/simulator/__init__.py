"""A shop that lives: seeded customers who look, choose, buy and change, and who react to what they are shown."""

from __future__ import annotations

from infra.simulator.config import ShopConfig
from infra.simulator.simulated_shop import SimulatedShop

__all__ = ["ShopConfig", "SimulatedShop"]
