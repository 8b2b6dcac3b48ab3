"""An item matrix as the product of two thin ones, by the singular values that matter most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.knobs import whole


@dataclass(frozen=True)
class LowRankKnobs:
    """The rank: what is left of the width."""

    rank: int = 32

    def __post_init__(self) -> None:
        whole(self, "rank")


class Factors(NamedTuple):
    """`items` [N, R] and `directions` [R, D]."""

    items: NDArray[np.float32]
    directions: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """The size of the compressed matrix."""
        return self.items.nbytes + self.directions.nbytes

    def rows(self) -> NDArray[np.float32]:
        """The matrix that the factors stand for, [N, D]."""
        return self.items @ self.directions


def factors(rows: NDArray[np.float32], knobs: LowRankKnobs) -> Factors:
    """The nearest matrix of that rank: C. Eckart, G. Young, Psychometrika 1936."""
    if knobs.rank >= min(rows.shape):
        raise InvalidInputError("rank", f"below the matrix's own, {min(rows.shape)}", knobs.rank)
    left, values, directions = np.linalg.svd(rows.astype(np.float64), full_matrices=False)
    kept = slice(knobs.rank)
    return Factors((left[:, kept] * values[kept]).astype(np.float32), directions[kept].astype(np.float32))
