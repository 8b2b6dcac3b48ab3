"""The served form of an item-to-item model: the best neighbours of each item, sparse, whatever was fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream.learning.interactions import Floats, Ints

_LARGEST_HALF = 65504.0


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What each item leads to, best first, M items each at most, with one empty row at the end.

    `items` [N+1, M] i32 are item numbers, and N where a row has no more. `scores` [N+1, M] f16 are the scores times
    `scale`, a power of two that brings the largest near the top of what a half can hold, so that small scores keep
    their 11 bits.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float16]
    scale: float


def best_neighbours(sources: Ints, targets: Ints, scores: Floats, items: int, kept: int) -> Neighbours:
    """The `kept` targets of each source with the largest scores by size; equal ones by number. In any order, [pairs].

    Of scores below zero, as EASE has them, the largest by size say most.
    """
    order = np.lexsort((targets, -np.abs(scores), sources))
    sources, targets, scores = sources[order], targets[order], scores[order]
    row_starts = np.searchsorted(sources, np.arange(items))
    place = np.arange(len(sources)) - row_starts[sources]
    width = min(kept, int(place.max(initial=0)) + 1)
    chosen = place < width
    scale = _scale(float(np.abs(scores).max(initial=0.0)))
    # The row after the last item and every unused place point to an item beyond the catalogue with a score of 0.
    item_rows = np.full((items + 1, width), items, np.int32)
    score_rows = np.zeros((items + 1, width), np.float16)
    item_rows[sources[chosen], place[chosen]] = targets[chosen]
    score_rows[sources[chosen], place[chosen]] = (scores[chosen] * scale).astype(np.float16)
    return Neighbours(item_rows, score_rows, scale)


def _scale(largest: float) -> float:
    """The largest power of two that keeps `largest` within a half."""
    return 2.0 ** math.floor(math.log2(_LARGEST_HALF / largest)) if largest else 1.0
