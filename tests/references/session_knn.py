"""Session-kNN's formula written down the long way, over sessions as lists of items, the latest session first."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log

import numpy as np

from millstream.learning.families.session_knn import UNIT, SessionKnnKnobs
from millstream.learning.interactions import Floats


def contributions(
    sessions: Sequence[Sequence[int]], items: int, knobs: SessionKnnKnobs, tail: Sequence[int], recency: Sequence[float]
) -> Floats:
    """What each item of the tail (newest first) adds to the score of each item, [tail, items]."""
    having = [[number for number, session in enumerate(sessions) if item in session] for item in range(items)]
    idf = [log(1 + len(sessions) / max(1, len(with_it))) / log(1 + len(sessions)) for with_it in having]
    weight = {
        item: ceil(np.float32(knobs.decay**place * UNIT) * np.float32(idf[item] ** knobs.asked_idf)) / UNIT
        for place, item in enumerate(tail[: knobs.last])
    }
    listed: dict[int, float] = {}
    for item, counts in weight.items():
        for number in having[item][: knobs.item_sessions]:
            listed[number] = listed.get(number, 0.0) + counts
    nearest = sorted(listed, key=lambda number: (-np.float32(listed[number]) * np.float32(recency[number]), number))
    added = np.zeros((len(tail), items))
    for number in nearest[: knobs.neighbours]:
        session = sessions[number]
        common = [item for item in session if item in weight]
        anchor = session.index(max(common, key=lambda item: weight[item]))
        for place, item in enumerate(session):
            if item not in weight:
                nearness = knobs.spread ** abs(place - anchor) * idf[item] ** knobs.idf * recency[number]
                for asked in common:
                    added[tail.index(asked), item] += weight[asked] * nearness
    return added
