"""Trending items: the heaviest items of a shard, with decayed weights, in bounded space (Space-Saving).

A trend counts KEPT items. An event on another item takes the place of the lightest one and inherits its weight, which
is the most that the new item can have lost before. So with W the weight of all events of the shard:

* an item's true weight is at most `weights[item]` and at least `weights[item] - errors[item]`;
* an error is at most W / KEPT, and every item with more than W / KEPT is counted: 0.16 % of the traffic.

Each step depends on the events before it alone, so any split into batches gives the same trend. Ids that nobody
published count in W like others; a user adds a bounded weight (`UserState.fold`).
Sources: Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams" (ICDT
2005), with the forward decay of Cormode et al. (ICDE 2009).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from millstream.domain.keys import ItemKey
from millstream.domain.log.positions import BEGINNING, Position, shard_name, shard_number
from millstream.domain.views.decay import STEPS_PER_HALF_LIFE, era_of, moved, weight
from millstream.domain.views.user_state import Share

KEPT = 640
"""Items of 22 bytes: a row of at most 14 write units, whatever the size of the catalogue."""

HALF_LIFE_MS = 3 * 24 * 3600 * 1000

_STEP_MS = HALF_LIFE_MS // STEPS_PER_HALF_LIFE


class Trend:
    """A fold over what the events of one shard add. Mutable: one projector owns it for the length of a batch.

    `errors` has the inherited part of a weight; items without an entry inherited nothing.
    """

    __slots__ = ("_lightest", "_step", "_weight", "era", "errors", "sequence", "shard", "weights")

    def __init__(self) -> None:
        self.shard = shard_number(BEGINNING.shard)
        self.sequence = BEGINNING.sequence_number
        self.era = 0
        self.weights: dict[ItemKey, float] = {}
        self.errors: dict[ItemKey, float] = {}
        self._lightest: list[tuple[float, ItemKey]] = []
        """A heap with an entry for each item, or empty. Weights only grow, so an entry may be too light."""
        self._step = -1
        self._weight = 0.0

    @property
    def position(self) -> Position:
        """The last record that this trend contains."""
        return Position(shard_name(self.shard), self.sequence)

    def fold(self, shard: int, sequence: int, shares: Iterable[Share]) -> None:
        """Fold what the events of one record add, unless the trend already contains it."""
        if (shard, sequence) <= (self.shard, self.sequence):
            return
        self.shard, self.sequence = shard, sequence
        for item, occurred_at_ms, share in shares:
            if occurred_at_ms // _STEP_MS != self._step:
                self._enter_step(occurred_at_ms)
            added = share * self._weight
            before = self.weights.get(item)
            if before is not None:
                self.weights[item] = before + added
            elif added > 0:  # weights of many eras ago underflow to zero
                self._enter(item, added)

    def _enter_step(self, occurred_at_ms: int) -> None:
        """Compute the weights of a time step; most events share the step of the previous event."""
        era = era_of(occurred_at_ms, HALF_LIFE_MS)
        if era > self.era:
            self.weights = {item: moved(value, era - self.era) for item, value in self.weights.items()}
            self.errors = {item: moved(value, era - self.era) for item, value in self.errors.items()}
            self.era = era
            self._lightest = []
        self._step = occurred_at_ms // _STEP_MS
        self._weight = weight(occurred_at_ms, HALF_LIFE_MS, self.era)

    def _enter(self, item: ItemKey, added: float) -> None:
        """Count one more item, in place of the lightest one if there is no room; ties by key."""
        if len(self.weights) < KEPT:
            self.weights[item] = added
            self._lightest = []
            return
        heap = self._lightest
        if not heap:
            heap = self._lightest = [(value, one) for one, value in self.weights.items()]
            heapq.heapify(heap)
        while heap[0][0] != self.weights[heap[0][1]]:
            heapq.heapreplace(heap, (self.weights[heap[0][1]], heap[0][1]))
        inherited, lightest = heap[0]
        del self.weights[lightest]
        self.errors.pop(lightest, None)
        self.weights[item] = inherited + added
        self.errors[item] = inherited
        heapq.heapreplace(heap, (self.weights[item], item))


def heaviest(trends: Iterable[Trend], limit: int) -> list[tuple[ItemKey, float]]:
    """The items with the heaviest certain weights over all shards, from the newest landmark; ties by key.

    A certain weight lacks at most the sum of W / KEPT over the shards. Inherited weight would show items that appeared
    once among the popular ones.
    """
    trends = sorted(trends, key=lambda trend: trend.shard)
    newest = max((trend.era for trend in trends), default=0)
    total: dict[ItemKey, float] = {}
    for trend in trends:
        for item, value in trend.weights.items():
            certain = value - trend.errors.get(item, 0.0)
            total[item] = total.get(item, 0.0) + moved(certain, newest - trend.era)
    positive = (entry for entry in total.items() if entry[1] > 0)
    return heapq.nsmallest(limit, positive, key=lambda entry: (-entry[1], entry[0]))
