"""How much looking at one product draws a customer to another, beyond taste: the sequence in the shop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from millstream_tools.shops.simulated.catalogue import Catalogue
from millstream_tools.shops.simulated.chance import chance
from millstream_tools.shops.simulated.config import ShopConfig


def affinities(seed: int, catalogue: Catalogue, config: ShopConfig) -> NDArray[np.float32]:
    """(products, products): row i holds the factors on every product's weight after product i was looked at.

    Four reasons multiply: the next kind in the shelf's order of needs, the same kind (comparing), the same series on
    the same or the neighbouring shelf (matching), and companions, which no attribute explains and only behaviour shows.
    """
    shelf, kind, series = catalogue.shelf, catalogue.kind, catalogue.series
    same_shelf = shelf[:, None] == shelf
    next_shelf = catalogue.neighbour[shelf][:, None] == shelf
    step = kind - kind[:, None]
    logits = np.zeros(same_shelf.shape, dtype=np.float32)
    logits += config.next_kind * (same_shelf & (step == 1))
    logits += config.same_kind * (same_shelf & (step == 0))
    logits += config.same_series * ((same_shelf | next_shelf) & (series[:, None] == series))
    companions = chance(seed, "companions").integers(len(shelf), size=(len(shelf), config.companions))
    for choice in companions.T:
        logits[np.arange(len(shelf)), choice] += config.companion
    return np.exp(logits)
