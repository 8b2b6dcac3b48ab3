"""Counted transitions, kept while the data is: models that count in the same way, as those of a tuning, count once."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from millstream.learning.families.counts import PairCounts, Pairs
from millstream.learning.families.transitions import Counting, transitions
from millstream.learning.interactions import Interactions

MOST_KEPT = 3
"""Ways of counting that are kept of one data set, the latest used; 24 bytes for each pair of items in them."""

_KEPT: WeakKeyDictionary[Interactions, dict[Counting, Pairs]] = WeakKeyDictionary()


def counted(data: Interactions, counting: Counting) -> Pairs:
    """The sums of all users' transitions; not to be changed."""
    kept = _KEPT.setdefault(data, {})
    pairs = kept.pop(counting, None)
    if pairs is None:
        pairs = _counted(data, counting)
        while len(kept) >= MOST_KEPT:
            del kept[next(iter(kept))]
    kept[counting] = pairs
    return pairs


def _counted(data: Interactions, counting: Counting) -> Pairs:
    sums = PairCounts()
    for some in transitions(data, counting):
        sums.add(*some)
    return sums.pairs()
