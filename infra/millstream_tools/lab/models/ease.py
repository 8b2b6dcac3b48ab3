"""EASE: each item predicted from all others by one ridge regression, in closed form: one dense inverse.

H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, https://arxiv.org/abs/1905.03375.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.data.interactions import Floats, Interactions, Ints
from millstream_tools.lab.knobs import between, knobs_of, whole
from millstream_tools.lab.models import stored
from millstream_tools.lab.models.contract import RanksByScore
from millstream_tools.lab.models.matrices import user_item, weighted


@dataclass(frozen=True)
class EaseKnobs:
    """The regression's, and what of a history it is asked with."""

    regularization: float = 500.0
    """Added to the diagonal of the Gram matrix: the paper's lambda, in users."""

    last: int | None = None
    """A history asks with its latest so many items; None: with all of them."""

    decay: float = 1.0
    """How much less each earlier item of a history says than the one after it; 1: all the same, as in the paper."""

    most_items: int = 20_000
    """A larger catalogue is refused: time grows with its cube, and matrices of its square are held, 8 bytes each."""

    def __post_init__(self) -> None:
        between(self, "regularization", above=0.0)
        between(self, "decay", above=0.0, most=1.0)
        whole(self, "most_items")
        if self.last is not None:
            whole(self, "last")


class Ease(RanksByScore):
    """score(h -> j) = sum over i in h of weight(i) B(i, j)."""

    name = "ease"

    def __init__(self, knobs: EaseKnobs | None = None) -> None:
        self.knobs = knobs or EaseKnobs()
        self._weights = np.empty((0, 0))

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError for a catalogue of more than `most_items`."""
        items = len(train.items)
        if items > self.knobs.most_items:
            raise InvalidInputError("items", f"at most {self.knobs.most_items}, as `most_items` says", items)
        touched = user_item(train)
        gram = (touched.T @ touched).toarray()
        gram[np.diag_indices(items)] += self.knobs.regularization
        inverse = np.linalg.inv(gram)
        self._weights = -inverse / np.diag(inverse)
        self._weights[np.diag_indices(items)] = 0.0

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        asked = weighted(histories, len(self._weights), self.knobs.last, self.knobs.decay)
        return np.asarray(asked @ self._weights)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"weights": self._weights})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(EaseKnobs, knobs))
        model._weights = arrays["weights"]
        return model
