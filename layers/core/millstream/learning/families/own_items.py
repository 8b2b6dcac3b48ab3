"""A user's own recent items: people come back to what they looked at and buy again what is used up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.domain.views.tastes import TAIL_ITEMS
from millstream.learning.evaluation.ranking import LedTo
from millstream.learning.export.served import ServedOwnItems
from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.item_to_item import newest_first
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Floats, Interactions, Ints


@dataclass(frozen=True)
class OwnItemsKnobs:
    """Which of the user's items count, and how much."""

    last: int = TAIL_ITEMS
    """The number of latest distinct items of a history."""

    decay: float = 0.8
    """The factor by which each earlier item counts less than the one after it."""

    newest: float = 1.0
    """What the newest item counts; 0: not at all, because the user has just seen it."""

    def __post_init__(self) -> None:
        whole(self, "last")
        between(self, "decay", above=0.0, most=1.0)
        between(self, "newest", most=1.0)

    def shares(self) -> Floats:
        """What each item counts, newest first, [last]."""
        shares = self.decay ** np.arange(self.last)
        shares[0] = self.newest
        return np.asarray(shares)


class OwnItems(RanksByScore):
    """score(h -> j) = decay^(items of h after j's latest event) for j among the latest items of h, 0 for all others.

    A part of blends: its weight says how far own items come before what the other parts recommend.
    """

    name = "own_items"
    positive = True

    def __init__(self, knobs: OwnItemsKnobs | None = None) -> None:
        self.knobs = knobs or OwnItemsKnobs()
        self.items = 0
        self._shares = self.knobs.shares()

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Only the size of the catalogue is learned."""
        self.items = len(train.items)

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of selecting the rows."""
        return 2e-8 * rows

    def update(self, user: int, item: int) -> None:
        """See Updatable. There is nothing to learn."""

    def scores_of(self, history: Ints) -> LedTo:
        """See SparseScores."""
        own = newest_first(history, self.knobs.last)
        shares = self._shares[: len(own)]
        order = np.argsort(own)
        order = order[shares[order] > 0]
        return LedTo(own[order], shares[order])

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        scores = np.zeros((len(histories), self.items))
        for row, history in zip(scores, histories, strict=True):
            own = self.scores_of(history)
            row[own.items] = own.scores
        return scores

    def check_servable(self) -> None:
        """See Servable: always possible."""

    def served(self, place: Ints) -> ServedOwnItems:
        """See Servable."""
        return ServedOwnItems(self.name, self._shares, len(place))

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"items": np.array([self.items])})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(OwnItemsKnobs, knobs))
        model.items = int(arrays["items"][0])
        return model
