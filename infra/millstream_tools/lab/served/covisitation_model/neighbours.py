"""From transition weights to the best neighbours of each item."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from millstream_tools.lab.served.covisitation_model.config import CovisitationConfig
from millstream_tools.lab.served.covisitation_model.counts import WeightedPairs
from millstream_tools.lab.served.covisitation_model.model import Neighbours

_LARGEST_HALF = 65504.0


def both_ways(pairs: WeightedPairs, items: int, backward: float) -> WeightedPairs:
    """Each pair with its weight and `backward` times that of the opposite pair, which is added where there was none.

    A sum has two terms at most, so the order of `pairs` changes no bit of it.
    """
    if not backward or not len(pairs.weights):
        return pairs
    codes = np.concatenate((pairs.sources * items + pairs.targets, pairs.targets * items + pairs.sources))
    weights = np.concatenate((pairs.weights, pairs.weights * backward))
    order = np.argsort(codes)
    codes, weights = codes[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    sources, targets = np.divmod(codes[starts], items)
    return WeightedPairs(sources, targets, np.add.reduceat(weights, starts))


def scored(pairs: WeightedPairs, items: int, config: CovisitationConfig) -> NDArray[np.float64]:
    """The score of each pair, [pairs]; the formula is in `CovisitationConfig`."""
    leaving = np.bincount(pairs.sources, pairs.weights, minlength=items)
    arriving = np.bincount(pairs.targets, pairs.weights, minlength=items)
    source_factor = (leaving + config.out_smoothing) ** config.out_exponent
    target_factor = (arriving + config.in_smoothing) ** config.in_exponent
    return np.asarray(pairs.weights / (source_factor[pairs.sources] * target_factor[pairs.targets]))


def best_neighbours(
    pairs: WeightedPairs, scores: NDArray[np.float64], items: int, config: CovisitationConfig
) -> Neighbours:
    """The best `config.neighbours` targets of each source; equal scores by index. `pairs` in any order."""
    order = np.lexsort((pairs.targets, -scores, pairs.sources))
    sources, targets, scores = pairs.sources[order], pairs.targets[order], scores[order]
    row_starts = np.searchsorted(sources, np.arange(items))
    place = np.arange(len(sources)) - row_starts[sources]
    width = min(config.neighbours, int(place.max(initial=0)) + 1)
    kept = place < width
    scale = _scale(float(scores.max(initial=0.0)))
    # The row after the last item and every unused place point to an item beyond the catalogue with a score of 0.
    item_rows = np.full((items + 1, width), items, np.int32)
    score_rows = np.zeros((items + 1, width), np.float16)
    item_rows[sources[kept], place[kept]] = targets[kept]
    score_rows[sources[kept], place[kept]] = (scores[kept] * scale).astype(np.float16)
    return Neighbours(item_rows, score_rows, scale)


def _scale(largest: float) -> float:
    """The largest power of two that keeps `largest` within a half."""
    return 2.0 ** math.floor(math.log2(_LARGEST_HALF / largest)) if largest else 1.0
