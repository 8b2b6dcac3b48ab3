"""EASE: each item predicted from all others by one ridge regression, in closed form: one dense inverse.

H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, https://arxiv.org/abs/1905.03375.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import LedTo
from millstream.learning.families import stored
from millstream.learning.families.item_to_item import ItemToItem, Pairs, largest
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Interactions
from millstream_tools.lab.models.matrices import user_item

_MATRICES = 4
"""Of all pairs of items: the Gram matrix, its inverse, the weights, and a copy."""


@dataclass(frozen=True)
class EaseKnobs:
    """The regression's, and what of a history it is asked with."""

    regularization: float = 500.0
    """Added to the diagonal of the Gram matrix: the paper's lambda, in users."""

    last: int | None = None
    """A history asks with its latest so many items; None: with all of them."""

    decay: float = 1.0
    """The factor by which each earlier item of a history counts less than the next; 1: all equal, as in the paper."""

    neighbours: int = 500
    """The number of largest absolute weights kept per item, in the evaluation as in serving."""

    most_items: int = 20_000
    """A larger catalogue is refused: time grows with its cube, and matrices of its square are held, 8 bytes each."""

    def __post_init__(self) -> None:
        between(self, "regularization", above=0.0)
        between(self, "decay", above=0.0, most=1.0)
        whole(self, "most_items", "neighbours")
        if self.last is not None:
            whole(self, "last")


class Ease(ItemToItem):
    """score(h -> j) = sum over i in h of weight(i) B(i, j), for the largest weights B of each i."""

    name = "ease"
    positive = False

    def __init__(self, knobs: EaseKnobs | None = None) -> None:
        self.knobs = knobs or EaseKnobs()
        self.last, self.decay, self.kept = self.knobs.last, self.knobs.decay, self.knobs.neighbours
        self._targets, self._weights = np.empty((0, 0), np.int64), np.empty((0, 0))

    @property
    def items(self) -> int:
        """See ItemToItem."""
        return len(self._weights)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError for a catalogue of more than `most_items`."""
        items = len(train.items)
        if items > self.knobs.most_items:
            raise InvalidInputError("items", f"at most {self.knobs.most_items}, as `most_items` says", items)
        touched = user_item(train)
        gram = (touched.T @ touched).toarray()
        gram[np.diag_indices(items)] += self.knobs.regularization
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        weights[np.diag_indices(items)] = 0.0
        rows = [largest(np.arange(items), row, self.kept) for row in weights]
        self._targets, self._weights = (np.stack(columns) for columns in zip(*rows, strict=True))

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of the inverse and of sorting its rows."""
        return items**2 * (1.5e-7 + 6e-11 * items)

    def memory(self, items: int) -> float:
        """The bytes of the matrices that a fit holds."""
        return _MATRICES * 8.0 * items**2

    def leads_to(self, item: int) -> LedTo:
        """See ItemToItem."""
        return LedTo(self._targets[item], self._weights[item])

    def pairs(self) -> Pairs:
        """See ItemToItem."""
        sources = np.repeat(np.arange(self.items), self._targets.shape[1])
        return Pairs(sources, self._targets.ravel(), self._weights.ravel())

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"targets": self._targets, "weights": self._weights})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(EaseKnobs, knobs))
        model._targets, model._weights = arrays["targets"], arrays["weights"]
        return model
