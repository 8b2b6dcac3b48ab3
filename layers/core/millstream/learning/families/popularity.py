"""Popularity: the most frequent items of the whole history or of its last days.

The last week's popularity beats plain SASRec under a time split on several public data sets: a baseline for any model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.export.served import ServedConstant
from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of
from millstream.learning.interactions import Floats, Interactions, Ints

_DAY_S = 86_400.0


@dataclass(frozen=True)
class PopularityKnobs:
    """The events that count."""

    last_days: float | None = None
    """The number of days before the newest event whose events count; None: all."""

    def __post_init__(self) -> None:
        if self.last_days is not None:
            between(self, "last_days", above=0.0)


class Popularity(RanksByScore):
    """score(j) = number of events on j."""

    name = "popularity"

    def __init__(self, knobs: PopularityKnobs | None = None) -> None:
        self.knobs = knobs or PopularityKnobs()
        self._counts = np.empty(0)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError if `last_days` is set and the data has no times."""
        counted = train.item if self.knobs.last_days is None else train.item[self._recent(train, self.knobs.last_days)]
        self._counts = np.bincount(counted, minlength=len(train.items)).astype(np.float64)

    def update(self, user: int, item: int) -> None:
        """See Updatable; old events are dropped only by the next fit."""
        self._counts[item] += 1.0

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return np.tile(self._counts, (len(histories), 1))

    def check_servable(self) -> None:
        """See Servable."""

    def served(self, place: Ints) -> ServedConstant:
        """See Servable."""
        scores = np.empty(len(place))
        scores[place] = self._counts
        return ServedConstant(self.name, scores)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"counts": self._counts})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(PopularityKnobs, knobs))
        model._counts = arrays["counts"]
        return model

    @staticmethod
    def _recent(train: Interactions, days: float) -> Ints:
        if np.isnan(train.at).any():
            raise InvalidInputError("last_days", "none for data without times", days)
        return np.flatnonzero(train.at > train.at.max(initial=0.0) - days * _DAY_S)
