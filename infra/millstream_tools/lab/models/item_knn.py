"""Item-kNN: items that the same users touched are alike (cosine); an item is scored by those of its own neighbours
that are in the history.

M. Deshpande, G. Karypis, "Item-based top-N recommendation algorithms", ACM TOIS 2004; the shrinkage as in M. Ferrari
Dacrema et al., "Are we really making much progress?", RecSys 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from millstream_tools.lab.data.interactions import Floats, Interactions, Ints
from millstream_tools.lab.knobs import between, knobs_of, whole
from millstream_tools.lab.models import stored
from millstream_tools.lab.models.contract import RanksByScore
from millstream_tools.lab.models.matrices import best_of_each_row, user_item, weighted


@dataclass(frozen=True)
class ItemKnnKnobs:
    """similarity(i, j) = together(i, j) / (sqrt(users(i) users(j)) + shrink)."""

    neighbours: int = 200
    """The most similar items of each item, which alone speak for it."""

    shrink: float = 0.0
    """Users added below the line, so that two rare items with one common user are not taken for twins."""

    decay: float = 1.0
    """How much less each earlier item of a history says than the one after it; 1: all the same."""

    def __post_init__(self) -> None:
        whole(self, "neighbours")
        between(self, "shrink")
        between(self, "decay", above=0.0, most=1.0)


class ItemKnn(RanksByScore):
    """score(h -> j) = sum over the items i of h that are neighbours of j of weight(i) similarity(i, j)."""

    name = "item_knn"

    def __init__(self, knobs: ItemKnnKnobs | None = None) -> None:
        self._knobs = knobs or ItemKnnKnobs()
        self._neighbours = sparse.csr_array((0, 0))

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        touched = user_item(train)
        users = np.asarray(touched.sum(axis=0)).ravel()
        together = (touched.T @ touched).tocoo()
        apart = together.row != together.col
        rows, columns = together.row[apart], together.col[apart]
        similar = together.data[apart] / (np.sqrt(users[rows] * users[columns]) + self._knobs.shrink)
        matrix = sparse.csr_array((similar, (rows, columns)), shape=together.shape)
        self._neighbours = best_of_each_row(matrix, self._knobs.neighbours)

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        asked = weighted(histories, self._neighbours.shape[0], decay=self._knobs.decay)
        return np.asarray((asked @ self._neighbours.T).toarray())

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self._knobs, stored.arrays_of(self._neighbours))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(ItemKnnKnobs, knobs))
        model._neighbours = stored.matrix_of(arrays)
        return model
