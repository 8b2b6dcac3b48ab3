"""From text to a model's scores: a ridge regression over the items that the model knows.

If a model's scores are products of a history's and the items' vectors, as a sequence model's are, this is the linear
map from texts to item vectors that is fitted on known items, and a new item's score is that of its mapped vector. But
it asks a model for nothing but scores: Z. Gantner et al., "Learning attribute-to-feature mappings for cold-start
recommendations", ICDM 2010, with the model left out of the formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Flags, Floats


@dataclass(frozen=True, eq=False)
class TextMap:
    """score(j) = mean of the known scores + the known scores' differences from it @ `known` @ x_j.

    `known` [items, width] is zero for items that teach nothing; `vectors` [items, width] are the texts', less the known
    items' mean; `weights` [items] say how much each item teaches and sum to 1.
    """

    known: Floats
    vectors: Floats
    weights: Floats

    @classmethod
    def fitted(cls, vectors: Floats, teachers: Flags, regularization: float) -> TextMap:
        """Items where `teachers` [items] is true teach. Raises `InvalidInputError` where none does."""
        if not teachers.any():
            raise InvalidInputError("train", "items with enough events to learn from", "none")
        weights = teachers / teachers.sum()
        centred = vectors - weights @ vectors
        taught = np.where(teachers[:, None], centred, 0.0)
        gram = taught.T @ taught
        gram[np.diag_indices(len(gram))] += regularization
        return cls(np.linalg.solve(gram, taught.T).T, centred, weights)

    def read(self, scores: Floats, wanted: Flags) -> Floats:
        """The scores of the items where `wanted` [items] is true, from those of the teachers, [histories, wanted].

        None is below the lowest score that a teacher has in its row: where a model's scores begin, these do.
        """
        mean = (scores @ self.weights)[:, None]
        read = ((scores - mean) @ self.known) @ self.vectors[wanted].T + mean
        lowest = np.where(self.weights > 0, scores, np.inf).min(axis=1, keepdims=True)
        return np.asarray(np.maximum(read, lowest))

    def place(self, scores: Floats, wanted: Flags) -> Floats:
        """The scores of the teachers that stand where the wanted items do, when all are read, [histories, wanted].

        An item that reads better than all teachers but three gets the fourth best score. What is read says whether an
        item is among the better ones; how much better the best are, only events say.
        """
        teachers = self.weights > 0
        as_read, read = self.read(scores, teachers), self.read(scores, wanted)
        placed = np.empty_like(read)
        for row, own in enumerate(np.sort(scores[:, teachers], axis=1)):
            places = np.searchsorted(np.sort(as_read[row]), read[row])
            placed[row] = own[np.minimum(places, len(own) - 1)]
        return placed
