"""Decayed popularity: item counts with exponential decay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of
from millstream.learning.interactions import Floats, Interactions, Ints


@dataclass(frozen=True)
class DecayedPopularityKnobs:
    """Knobs of the decay."""

    half_life_events: float = 20_000.0
    """After so many events of all users, one counts half. Events, not hours: it holds for data without times too."""

    def __post_init__(self) -> None:
        between(self, "half_life_events", above=0.0)


class DecayedPopularity(RanksByScore):
    """score(j) = sum of 0.5^(events since / half-life) over the events on j. Rows must be in the order of time."""

    name = "decayed_popularity"

    def __init__(self, knobs: DecayedPopularityKnobs | None = None) -> None:
        self.knobs = knobs or DecayedPopularityKnobs()
        self._kept = 0.5 ** (1.0 / self.knobs.half_life_events)
        self._weights: Floats = np.empty(0)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        age = np.arange(len(train) - 1, -1, -1)
        self._weights = np.bincount(train.item, self._kept**age, minlength=len(train.items)).astype(np.float64)

    def update(self, user: int, item: int) -> None:
        """See Updatable."""
        self._weights *= self._kept
        self._weights[item] += 1.0

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return np.tile(self._weights, (len(histories), 1))

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"weights": self._weights})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(DecayedPopularityKnobs, knobs))
        model._weights = arrays["weights"]
        return model
