"""Popularity: the items of the most users, in the whole history or in its last days.

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
from millstream.learning.interactions import Flags, Floats, Interactions, Ints

_DAY_S = 86_400.0
_SHIFT = 32
_MASK = (1 << _SHIFT) - 1


@dataclass(frozen=True)
class PopularityKnobs:
    """The events that count."""

    last_days: float | None = None
    """The number of days before the newest event whose events count; None: all."""

    def __post_init__(self) -> None:
        if self.last_days is not None:
            between(self, "last_days", above=0.0)


class Popularity(RanksByScore):
    """score(j) = number of users with an event on j: however often a user comes back, it counts once."""

    name = "popularity"
    positive = True

    def __init__(self, knobs: PopularityKnobs | None = None) -> None:
        self.knobs = knobs or PopularityKnobs()
        self._counts = np.empty(0)
        self._counted: set[int] = set()

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError if `last_days` is set and the data has no times."""
        counted = slice(None) if self.knobs.last_days is None else recent(train, self.knobs.last_days)
        pairs = np.unique(train.user[counted] << _SHIFT | train.item[counted])
        self._take(pairs, len(train.items))

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated."""
        return 4e-7 * rows

    def update(self, user: int, item: int) -> None:
        """See Updatable; old events are dropped only by the next fit."""
        pair = user << _SHIFT | item
        if pair not in self._counted:
            self._counted.add(pair)
            self._counts[item] += 1.0

    def _take(self, pairs: Ints, items: int) -> None:
        self._counts = np.bincount(pairs & _MASK, minlength=items).astype(np.float64)
        self._counted = set(pairs.tolist())

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
        pairs = np.array(sorted(self._counted), np.int64)
        stored.save(folder, self.name, self.knobs, {"pairs": pairs, "items": np.array([len(self._counts)])})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(PopularityKnobs, knobs))
        model._take(arrays["pairs"], int(arrays["items"][0]))
        return model


def recent(train: Interactions, days: float) -> Flags:
    """Whether each row is of the last days, [n]. Raises InvalidInputError if the data has no times."""
    if np.isnan(train.at).any():
        raise InvalidInputError("last_days", "none for data without times", days)
    return np.asarray(train.at > train.at.max(initial=0.0) - days * _DAY_S)
