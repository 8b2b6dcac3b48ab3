"""The simulated shop, made up on the spot: no file, and the truth stands beside the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.knobs import knobs_of
from millstream.learning.interactions import Floats, Interactions
from millstream_tools.shops.simulated import ShopConfig, SimulatedShop


@dataclass(frozen=True, eq=False)
class Simulated:
    """The items that customers found by themselves, n rows, and `rank` [n]: their ranks by true probability, from 1."""

    interactions: Interactions
    rank: Floats


def simulated(knobs: Mapping[str, Any]) -> Simulated:
    """The shop with these knobs: `seed`, and the fields of `millstream_tools.shops.simulated.ShopConfig`.

    Raises `InvalidInputError` for any other knob and for what cannot be a shop.
    """
    return _simulated(*checked(knobs))


def checked(knobs: Mapping[str, Any]) -> tuple[ShopConfig, int]:
    """The shop's configuration and seed."""
    seed = knobs.get("seed", 1)
    if not isinstance(seed, int):
        raise InvalidInputError("data.simulated_shop.seed", "a whole number", seed)
    try:
        return knobs_of(ShopConfig, {name: value for name, value in knobs.items() if name != "seed"}), seed
    except (TypeError, ValueError) as error:
        raise InvalidInputError("data.simulated_shop", "what can be a shop", str(error)) from error


@lru_cache(maxsize=1)
def _simulated(config: ShopConfig, seed: int) -> Simulated:
    found = sorted(SimulatedShop(config, seed=seed).browsing(), key=lambda one: one.at)
    users, user = np.unique([one.user_id for one in found], return_inverse=True)
    items, item = np.unique([one.item_id for one in found], return_inverse=True)
    at = np.array([one.at for one in found])
    return Simulated(
        Interactions(user.astype(np.int64), item.astype(np.int64), at, users.tolist(), items.tolist()),
        np.array([one.rank for one in found]),
    )
