"""What the graph computes, in plain numpy: the graph is tested against it, and it shows what the graph means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from millstream.learning.export.neighbours import Neighbours
from tests.references.answers import NextItems


def next_items(
    neighbours: Neighbours, tail: NDArray[np.int64], decay: float, excluded: NDArray[np.int64], limit: int
) -> NextItems:
    """The best next items; inputs as in `scoring.signature.NEXT_ITEMS_INPUTS`, weights by `decay`."""
    catalogue = neighbours.items.shape[0] - 1
    contributions = np.zeros((len(tail), catalogue + 1), np.float32)
    for place, item in enumerate(tail):
        weight = np.float32(decay**place / neighbours.scale)
        contributions[place, neighbours.items[item]] = neighbours.scores[item].astype(np.float32) * weight
    total = contributions[0].copy()
    for row in contributions[1:]:
        total += row
    total[excluded] = 0
    order = np.argsort(-total, kind="stable")[:limit]
    best = order[total[order] > 0]
    return NextItems(best, total[best], np.argmax(contributions[:, best], axis=0))
