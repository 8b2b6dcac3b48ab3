"""BPR-MF: factors of users and items that rank a user's items above the others.

S. Rendle et al., "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009; by the library `implicit`. A
history gets its factors by ascent on the same objective with the items' factors fixed, so it need not be one that was
fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.learning.evaluation.ranking import flattened
from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.models.matrices import newest_first, user_item

_NEGATIVES = 1024
"""Items drawn once, as often as they are touched, that histories are compared with."""

_STRIDE = 61
"""How far a history's items move on along the negatives after each step: prime to their number, so they meet all."""


@dataclass(frozen=True)
class BprKnobs:
    """The paper's, and the ascent's by which a history gets its factors."""

    factors: int = 64
    """Numbers a user and an item have; an item has a bias as well."""

    learning_rate: float = 0.01
    """Of the fit's stochastic steps."""

    regularization: float = 0.01
    """Pulls factors to zero."""

    iterations: int = 60
    """Passes over the interactions."""

    steps: int = 40
    """Ascent steps for a history."""

    rate: float = 1.0
    """Of these steps, on the mean over the history's items."""

    def __post_init__(self) -> None:
        whole(self, "factors", "iterations", "steps")
        between(self, "learning_rate", "rate", above=0.0)
        between(self, "regularization")


class Bpr(RanksByScore):
    """score(h -> j) = x(h) . y(j) + bias(j)."""

    name = "bpr"

    def __init__(self, knobs: BprKnobs | None = None) -> None:
        self.knobs = knobs or BprKnobs()
        self._items = np.empty((0, 1))
        self._negatives = np.empty(0, np.int64)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        # Here, because the other models do without the library.
        from implicit.cpu.bpr import BayesianPersonalizedRanking
        from scipy.sparse import csr_matrix

        knobs = self.knobs
        library = BayesianPersonalizedRanking(
            factors=knobs.factors,
            learning_rate=knobs.learning_rate,
            regularization=knobs.regularization,
            iterations=knobs.iterations,
            num_threads=1,  # more of them write over each other, and no two fits are alike
            random_state=seed,
        )
        library.fit(csr_matrix(user_item(train), dtype=np.float32), show_progress=False)
        self._items = library.item_factors.astype(np.float64)
        self._negatives = np.random.default_rng(seed).choice(train.item, _NEGATIVES)

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return np.asarray(self._users(histories) @ self._items.T)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"items": self._items, "negatives": self._negatives})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(BprKnobs, knobs))
        model._items, model._negatives = arrays["items"], arrays["negatives"]
        return model

    def _users(self, histories: Sequence[Ints]) -> Floats:
        """The factors of each history and a 1 for the bias, [histories, factors + 1]."""
        owner, liked = flattened([newest_first(history) for history in histories])
        users = np.zeros((len(histories), self._items.shape[1]))
        users[:, -1] = 1.0
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        if not len(starts):
            return users
        asked, lengths = owner[starts], np.diff(starts, append=len(owner))
        place = np.arange(len(owner)) - np.repeat(starts, lengths)
        for step in range(self.knobs.steps):
            disliked = self._negatives[(place + step * _STRIDE) % len(self._negatives)]
            apart = self._items[liked] - self._items[disliked]
            doubt = 1.0 / (1.0 + np.exp(np.einsum("ij,ij->i", users[owner], apart)))
            mean = np.add.reduceat(doubt[:, None] * apart, starts) / lengths[:, None]
            users[asked, :-1] += self.knobs.rate * (mean - self.knobs.regularization * users[asked])[:, :-1]
        return users
