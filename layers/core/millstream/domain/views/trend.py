"""Trending items: the heaviest items of a shard, with decayed weights, in bounded space.

After every PRUNED_EVERY events, all but the KEPT heaviest items are dropped. Pruning depends on the count of events
alone, so any split into batches gives the same trend. A weight may be too low, by what was dropped, but never too high.
Source: Manku, Motwani, "Approximate Frequency Counts over Data Streams" (VLDB 2002), with the forward decay of Cormode
et al. (ICDE 2009).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import FROM_CLIENTS
from millstream.domain.log.positions import BEGINNING, Position, shard_name, shard_number
from millstream.domain.log.records import Core
from millstream.domain.views.decay import STEPS_PER_HALF_LIFE, era_of, moved, weight

KEPT = 512
PRUNED_EVERY = 512
"""Together at most 1,024 items of 14 bytes: a row of 15 write units, whatever the size of the catalogue."""

HALF_LIFE_MS = 3 * 24 * 3600 * 1000

_WEIGHT_OF_KIND = {int(kind): kind.traits.trend for kind in FROM_CLIENTS}
"""Keyed by plain numbers, which hash faster than enum members."""
_STEP_MS = HALF_LIFE_MS // STEPS_PER_HALF_LIFE


class Trend:
    """A fold over the new events of one shard. Mutable: one projector owns it for the length of a batch."""

    __slots__ = ("_step", "_weight", "applied", "era", "sequence", "shard", "weights")

    def __init__(self) -> None:
        self.shard = shard_number(BEGINNING.shard)
        self.sequence = BEGINNING.sequence_number
        self.era = 0
        self.applied = 0
        self.weights: dict[ItemKey, float] = {}
        self._step = -1
        self._weight = 0.0

    @property
    def position(self) -> Position:
        """The last record that this trend contains."""
        return Position(shard_name(self.shard), self.sequence)

    def fold(self, shard: int, sequence: int, fresh: Iterable[Core]) -> None:
        """Fold the new events of one record, unless the trend already contains it."""
        if (shard, sequence) <= (self.shard, self.sequence):
            return
        self.shard, self.sequence = shard, sequence
        for item, _, occurred_at_ms, _, kind in fresh:
            if occurred_at_ms // _STEP_MS != self._step:
                self._enter_step(occurred_at_ms)
            weights = self.weights
            weights[item] = weights.get(item, 0.0) + _WEIGHT_OF_KIND[kind] * self._weight
            self.applied += 1
            if not self.applied % PRUNED_EVERY:
                self._prune()

    def _enter_step(self, occurred_at_ms: int) -> None:
        """Compute the weights of a time step; most events share the step of the previous event."""
        era = era_of(occurred_at_ms, HALF_LIFE_MS)
        if era > self.era:
            self.weights = {item: moved(value, era - self.era) for item, value in self.weights.items()}
            self.era = era
        self._step = occurred_at_ms // _STEP_MS
        self._weight = weight(occurred_at_ms, HALF_LIFE_MS, self.era)

    def _prune(self) -> None:
        if len(self.weights) <= KEPT:
            return
        lightest_kept = sorted(self.weights.values())[-KEPT]
        kept = {item: value for item, value in self.weights.items() if value > lightest_kept}
        ties = sorted(item for item, value in self.weights.items() if value == lightest_kept)
        self.weights = kept | dict.fromkeys(ties[: KEPT - len(kept)], lightest_kept)


def heaviest(trends: Iterable[Trend], limit: int) -> list[tuple[ItemKey, float]]:
    """The heaviest items over all shards, with weights from the newest landmark, heaviest first, ties by key."""
    trends = sorted(trends, key=lambda trend: trend.shard)
    newest = max((trend.era for trend in trends), default=0)
    total: dict[ItemKey, float] = {}
    for trend in trends:
        for item, value in trend.weights.items():
            total[item] = total.get(item, 0.0) + moved(value, newest - trend.era)
    # Reported satisfaction has no weight, and weights of many eras ago underflow to zero.
    positive = (entry for entry in total.items() if entry[1] > 0)
    return heapq.nsmallest(limit, positive, key=lambda entry: (-entry[1], entry[0]))
