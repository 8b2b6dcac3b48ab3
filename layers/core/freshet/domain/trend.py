"""What is bought and looked at now: the heaviest items of a shard, with decayed weights, in bounded space.

Space-Saving keeps the CAPACITY heaviest items; a newcomer takes the place of the lightest and inherits its weight, so
a weight may be too high by at most the lightest one, and never too low.
Source: Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k Elements" (ICDT 2005); with forward
decay as in Cormode et al. (ICDE 2009), section 4.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from freshet.domain.decay import era_of, moved, weight
from freshet.domain.events import EventKind
from freshet.domain.keys import ItemKey
from freshet.domain.positions import BEGINNING, Position, shard_name, shard_number
from freshet.domain.records import Core

CAPACITY = 1024
"""Items a shard's row keeps: 14 bytes each, so that the row costs 15 write units whatever the catalogue's size."""

HALF_LIFE_MS = 3 * 24 * 3600 * 1000

WEIGHT_OF_KIND: dict[int, float] = {
    EventKind.ItemViewed: 1.0,
    EventKind.ItemAddedToCart: 2.0,
    EventKind.ItemPurchased: 4.0,
    EventKind.ItemRated: 1.0,
}
"""How much an event says about an item, relative to a view."""


class Trend:
    """A fold over the new events of one shard. Mutable: one projector owns it for the length of a batch."""

    __slots__ = ("_lightest", "applied", "era", "sequence", "shard", "weights")

    def __init__(self) -> None:
        self.shard = shard_number(BEGINNING.shard)
        self.sequence = BEGINNING.sequence_number
        self.era = 0
        self.applied = 0
        self.weights: dict[ItemKey, float] = {}
        self._lightest: list[tuple[float, ItemKey]] = []

    @property
    def position(self) -> Position:
        """The last record that this trend contains."""
        return Position(shard_name(self.shard), self.sequence)

    def fold(self, shard: int, sequence: int, fresh: Iterable[Core]) -> None:
        """Take in the new events of one record, unless the trend is already past it."""
        if (shard, sequence) <= (self.shard, self.sequence):
            return
        self.shard, self.sequence = shard, sequence
        for item, _, occurred_at_ms, _, kind in fresh:
            self.applied += 1
            if kind in WEIGHT_OF_KIND:
                self._add(item, occurred_at_ms, WEIGHT_OF_KIND[kind])

    def _add(self, item: ItemKey, occurred_at_ms: int, amount: float) -> None:
        self._enter_era(era_of(occurred_at_ms, HALF_LIFE_MS))
        added = amount * weight(occurred_at_ms, HALF_LIFE_MS, self.era)
        if item in self.weights:
            self.weights[item] += added
            return
        if len(self.weights) >= CAPACITY:
            added += self._evict_lightest()
        self.weights[item] = added
        if self._lightest:
            heapq.heappush(self._lightest, (added, item))

    def _enter_era(self, era: int) -> None:
        if era > self.era:
            self.weights = {item: moved(value, era - self.era) for item, value in self.weights.items()}
            self._lightest = []
            self.era = era

    def _evict_lightest(self) -> float:
        """Remove the lightest item (the smallest key among equals) and return its weight.

        The heap holds weights as they were when pushed; they only grow, so a stale entry is pushed again as it is now.
        """
        if not self._lightest:
            self._lightest = [(value, item) for item, value in self.weights.items()]
            heapq.heapify(self._lightest)
        while True:
            value, item = heapq.heappop(self._lightest)
            now = self.weights.get(item)
            if now == value:
                del self.weights[item]
                return value
            if now is not None:
                heapq.heappush(self._lightest, (now, item))


def heaviest(trends: Iterable[Trend], limit: int) -> list[tuple[ItemKey, float]]:
    """The heaviest items over all shards, with weights from the newest landmark, heaviest first, ties by key."""
    trends = sorted(trends, key=lambda trend: trend.shard)
    newest = max((trend.era for trend in trends), default=0)
    total: dict[ItemKey, float] = {}
    for trend in trends:
        for item, value in trend.weights.items():
            total[item] = total.get(item, 0.0) + moved(value, newest - trend.era)
    return heapq.nsmallest(limit, total.items(), key=lambda entry: (-entry[1], entry[0]))
