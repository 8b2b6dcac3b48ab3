"""A weighted sum of models' scores, as they are: what each of them is not sure of, another may be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from freshet.domain.errors import InvalidInputError
from infra.trainer.interactions import Floats, Interactions, Ints
from infra.trainer.models import stored
from infra.trainer.models.contract import RanksByScore, Recommender


class Part(NamedTuple):
    """One model of a blend and the factor of its scores."""

    model: Recommender
    weight: float


class Blend(RanksByScore):
    """score(h -> j) = sum over the parts of weight * the part's score(h -> j)."""

    name = "blend"

    def __init__(self, parts: Sequence[Part]) -> None:
        """Raises InvalidInputError if there are no parts."""
        if not parts:
            raise InvalidInputError("parts", "at least one", "none")
        self._parts = tuple(parts)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        for part in self._parts:
            part.model.fit(train, seed)

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return np.asarray(np.sum([part.weight * part.model.score(histories) for part in self._parts], axis=0))

    def save(self, folder: Path) -> None:
        """See Recommender; each part lies in a folder of its own."""
        families = [part.model.name for part in self._parts]
        stored.save_knobs(folder, self.name, {"parts": families, "weights": [part.weight for part in self._parts]})
        for number, part in enumerate(self._parts):
            part.model.save(folder / str(number))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        # Here, because the families know the blend too.
        from infra.trainer.models.families import loaded

        knobs = stored.load_knobs(folder, cls.name)
        pairs = enumerate(zip(knobs["parts"], knobs["weights"], strict=True))
        return cls([Part(loaded(family, folder / str(number)), weight) for number, (family, weight) in pairs])
