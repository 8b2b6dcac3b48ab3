"""An item matrix as product quantisation: each row cut in parts, each part one of 256 centres, each centre one byte.

H. Jégou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", IEEE TPAMI 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.knobs import whole

CENTRES = 256


@dataclass(frozen=True)
class PqKnobs:
    """`parts` bytes are what an item takes; they divide the width."""

    parts: int = 16
    rounds: int = 25
    """Of k-means, for each part."""

    def __post_init__(self) -> None:
        whole(self, "parts", "rounds")


@dataclass(frozen=True, eq=False)
class Quantised:
    """`codes` [N, P] and `centres` [P, C, D / P], C at most 256."""

    codes: NDArray[np.uint8]
    centres: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """The size of the compressed matrix."""
        return self.codes.nbytes + self.centres.nbytes

    def rows(self) -> NDArray[np.float32]:
        """The matrix that the codes stand for, [N, D]."""
        parts = self.codes.shape[1]
        return np.concatenate([self.centres[part, self.codes[:, part]] for part in range(parts)], axis=1)

    def products(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """`rows() @ state`, [N], of a state [D], summed from a table of each centre's products."""
        parts = self.codes.shape[1]
        table = np.einsum("pcd,pd->pc", self.centres, state.reshape(parts, -1))  # P C
        sums: NDArray[np.float32] = table[np.arange(parts), self.codes].sum(axis=1, dtype=np.float32)
        return sums


def quantised(rows: NDArray[np.float32], knobs: PqKnobs, seed: int) -> Quantised:
    """The matrix [N, D] in parts; the same seed gives the same codes."""
    width = rows.shape[1]
    if width % knobs.parts:
        raise InvalidInputError("parts", f"a divisor of the width, {width}", knobs.parts)
    draw = np.random.default_rng(seed)
    codes, centres = zip(
        *(_means(part, knobs.rounds, draw) for part in np.split(rows.astype(np.float32), knobs.parts, axis=1)),
        strict=True,
    )
    return Quantised(np.stack(codes, axis=1), np.stack(centres))


def _means(
    rows: NDArray[np.float32], rounds: int, draw: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The nearest centre of each row [N, E], and the centres, by k-means from k-means++'s start."""
    centres = _spread(rows, draw)
    nearest = _nearest(rows, centres)
    for _ in range(rounds):
        counts = np.bincount(nearest, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, rows)
        used = counts > 0
        centres[used] = sums[used] / counts[used, None]
        if not used.all():  # a centre that lost all its rows goes where the worst fit is
            worst = np.argsort(-((rows - centres[nearest]) ** 2).sum(axis=1), kind="stable")
            idle = np.flatnonzero(~used)[: len(rows)]
            centres[idle] = rows[worst[: len(idle)]]
        before, nearest = nearest, _nearest(rows, centres)
        if (before == nearest).all():
            break
    return nearest.astype(np.uint8), centres


def _spread(rows: NDArray[np.float32], draw: np.random.Generator) -> NDArray[np.float32]:
    """Up to 256 different rows, each drawn by its squared distance to the nearest of those before.

    D. Arthur, S. Vassilvitskii, "k-means++", SODA 2007.
    """
    chosen = [int(draw.integers(len(rows)))]
    distance = ((rows - rows[chosen[0]]) ** 2).sum(axis=1, dtype=np.float64)
    while len(chosen) < CENTRES and distance.sum() > 0:
        chosen.append(int(draw.choice(len(rows), p=distance / distance.sum())))
        distance = np.minimum(distance, ((rows - rows[chosen[-1]]) ** 2).sum(axis=1, dtype=np.float64))
    centres = np.zeros((CENTRES, rows.shape[1]), np.float32)
    centres[: len(chosen)] = rows[chosen]
    centres[len(chosen) :] = rows[chosen[0]]  # all parts have as many centres, used or not
    return centres


def _nearest(rows: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """By the Euclidean distance, whose part |row|^2 is the same for all centres; the first of equals."""
    nearest: NDArray[np.int64] = np.argmin((centres**2).sum(axis=1) - 2 * (rows @ centres.T), axis=1)
    return nearest
