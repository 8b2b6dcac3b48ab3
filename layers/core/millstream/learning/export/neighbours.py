"""The served form of an item-to-item model: the best neighbours of each item, as sparse rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream.learning.interactions import Floats, Ints

_LARGEST_HALF = 65504.0


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The neighbours of each item, best first, at most M each, with one empty row at the end.

    `items` [N+1, M] i32 are item numbers, padded with N. `scores` [N+1, M] f16 are the scores times `scale`, a power of
    two that brings the largest near the maximum of a half, so that small scores keep their 11 bits.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float16]
    scale: float


def best_neighbours(sources: Ints, targets: Ints, scores: Floats, items: int, kept: int) -> Neighbours:
    """The `kept` targets of each source with the largest absolute scores; ties by number. Input in any order, [pairs].

    Negative scores, as in EASE, count by their absolute value.
    """
    order = np.lexsort((targets, -np.abs(scores), sources))
    sources, targets, scores = sources[order], targets[order], scores[order]
    row_starts = np.searchsorted(sources, np.arange(items))
    place = np.arange(len(sources)) - row_starts[sources]
    width = min(kept, int(place.max(initial=0)) + 1)
    chosen = place < width
    scale = _scale(float(np.abs(scores).max(initial=0.0)))
    # The row after the last item and all padding refer to an item beyond the catalogue with a score of 0.
    item_rows = np.full((items + 1, width), items, np.int32)
    score_rows = np.zeros((items + 1, width), np.float16)
    item_rows[sources[chosen], place[chosen]] = targets[chosen]
    score_rows[sources[chosen], place[chosen]] = (scores[chosen] * scale).astype(np.float16)
    return Neighbours(item_rows, score_rows, scale)


def _scale(largest: float) -> float:
    """The largest power of two with which `largest` fits a half."""
    return 2.0 ** math.floor(math.log2(_LARGEST_HALF / largest)) if largest else 1.0
