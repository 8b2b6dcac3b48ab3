"""Random order: the baseline without any knowledge."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.interactions import Floats, Interactions, Ints


class RandomOrder(RanksByScore):
    """score(h -> j) is drawn evenly between 0 and 1, by the seed and the whole history: the same at every asking."""

    name = "random"

    def __init__(self) -> None:
        self._seed, self._items = 0, 0

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender; nothing is learned."""
        self._seed, self._items = seed, len(train.items)

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        scores = np.empty((len(histories), self._items))
        for row, history in enumerate(histories):
            said = hashlib.blake2b(history.astype("<i8").tobytes(), digest_size=8).digest()
            scores[row] = np.random.default_rng([self._seed, int.from_bytes(said, "little")]).random(self._items)
        return scores

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save_knobs(folder, self.name, {"seed": self._seed, "items": self._items})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs = stored.load_knobs(folder, cls.name)
        model = cls()
        model._seed, model._items = knobs["seed"], knobs["items"]
        return model
