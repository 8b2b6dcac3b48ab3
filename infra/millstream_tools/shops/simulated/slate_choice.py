"""A customer's choice from a slate: multinomial logit with position bias, and rare accidental clicks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from millstream_tools.shops.simulated.catalogue import Catalogue, Floats
from millstream_tools.shops.simulated.config import ShopConfig


@dataclass(frozen=True, slots=True)
class SlateChances:
    """Chances by position of one slate; `items` holds catalogue numbers, -1 for an id that the shop does not know."""

    items: Sequence[int]
    meant: Floats
    slipped: Floats

    @property
    def click(self) -> float:
        """The chance of any click."""
        return float(self.meant.sum() + self.slipped.sum())

    def clicked(self, fate: float) -> tuple[int, bool] | None:
        """The item that a number in [0, 1) clicks and whether that was meant; None for no click."""
        if fate >= self.click:
            return None
        edges = np.cumsum(np.concatenate([self.meant, self.slipped]))
        place = int(np.searchsorted(edges, fate, side="right"))
        if place >= len(edges):  # the two ways to add the chances up differ in the last bit
            return None
        return self.items[place % len(self.items)], place < len(self.items)


def slate_chances(slate: Sequence[str], weights: Floats, catalogue: Catalogue, config: ShopConfig) -> SlateChances:
    """P(click k) = e_k w_k / (outside W + sum_j e_j w_j) with e_k = k^-bias, w the customer's weights now, W their sum.

    Luce's choice with attention: the slate competes with whatever else the customer could do in the shop. Multinomial
    logit with position bias: Abeliuk, Berbeglia, Cebrian and Van Hentenryck, 4OR 2016, arXiv 1411.0279; k^-bias as
    examination propensity: Joachims, Swaminathan and Schnabel, WSDM 2017, arXiv 1608.04468. A slip clicks in
    proportion to e_k whatever is there. Unknown ids and repetitions take up their position and win nothing.
    """
    items = _known_once(slate, catalogue)
    numbers = np.array(items, dtype=np.int64)
    examined = _examination(len(items), config.position_bias)
    known = examined * (numbers >= 0)
    attraction = known * weights[numbers]
    total = config.outside * weights.sum() + attraction.sum()
    scale = (1 - config.accidental) / total if total > 0 else 0.0
    slips = config.accidental / examined.sum() if items else 0.0
    return SlateChances(items, scale * attraction, slips * known)


@cache
def _examination(positions: int, bias: float) -> Floats:
    return np.arange(1, positions + 1, dtype=np.float64) ** np.float64(-bias)


def _known_once(slate: Sequence[str], catalogue: Catalogue) -> list[int]:
    items: list[int] = []
    for item_id in slate:
        item = catalogue.index.get(item_id, -1)
        items.append(-1 if item in items else item)
    return items
