"""Item-to-item models: scores from the neighbours of a history's latest items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.evaluation.ranking import LedTo
from millstream.learning.export.neighbours import best_neighbours
from millstream.learning.export.served import ServedNeighbours
from millstream.learning.families.contract import RanksByScore
from millstream.learning.interactions import Floats, Ints


class Pairs(NamedTuple):
    """`scores` [pairs] from the items `sources` to the items `targets`."""

    sources: Ints
    targets: Ints
    scores: Floats


class ItemToItem(RanksByScore, ABC):
    """score(h -> j) = sum over the latest distinct items i of h of decay^age(i) score(i -> j), for neighbours j of i.

    Scoring is sparse: only neighbours are computed.
    """

    name: str
    positive = True
    last: int | None
    """The number of latest distinct items of a history that are used; None: all."""
    decay: float
    """The factor by which each earlier item of a history counts less than the one after it."""
    kept: int
    """The number of best neighbours of each item."""

    @property
    @abstractmethod
    def items(self) -> int:
        """Items of the catalogue."""

    @abstractmethod
    def leads_to(self, item: int) -> LedTo:
        """The neighbours of an item."""

    @abstractmethod
    def pairs(self) -> Pairs:
        """All learned pairs, also those that are not among the best neighbours."""

    def check_servable(self) -> None:
        """See Servable: always possible."""

    def served(self, place: Ints) -> ServedNeighbours:
        """See Servable."""
        sources, targets, scores = self.pairs()
        best = best_neighbours(place[sources], place[targets], scores, self.items, self.kept)
        return ServedNeighbours(self.name, best, self.last or RECENT_EVENTS, self.decay)

    def scores_of(self, history: Ints) -> LedTo:
        """See SparseScores."""
        row = self._row(history)
        items = np.flatnonzero(row)
        return LedTo(items, row[items])

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return np.array([self._row(history) for history in histories]).reshape(len(histories), self.items)

    def _row(self, history: Ints) -> Floats:
        row = np.zeros(self.items)
        for age, item in enumerate(newest_first(history, self.last).tolist()):
            found = self.leads_to(item)
            row[found.items] += self.decay**age * found.scores
        return row


def newest_first(history: Ints, last: int | None = None) -> Ints:
    """The distinct items of a history by their latest occurrence, newest first, at most `last`."""
    backwards = history[::-1]
    _, places = np.unique(backwards, return_index=True)
    return np.asarray(backwards[np.sort(places)[:last]], np.int64)


def largest(items: Ints, scores: Floats, kept: int) -> LedTo:
    """The `kept` items with the largest absolute scores; ties by number, [kept]."""
    if len(items) > kept:
        chosen = np.lexsort((items, -np.abs(scores)))[:kept]
        items, scores = items[chosen], scores[chosen]
    return LedTo(items, scores)
