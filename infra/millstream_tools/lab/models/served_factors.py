"""The served form of iALS: a user's factors by the exact least-squares step of the fit, in a few products.

Shapes at the line ends: T items of the tail, L of them that are read, D factors, N items, K items that are given.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.export.graph_scores import Found, Scores
from millstream.learning.export.parts import Parts
from millstream.learning.export.served import ServedPart

_SMALLEST_ERROR = 1e-7


class _Solved(NamedTuple):
    """Names of the item factors, [N + 1, D], and of what each item of the tail adds to the user's, [L, D]."""

    items: str
    added: str


class ServedFactors(ServedPart):
    """score(h -> j) = y(j) . x(h), where (Y'Y + regularization + (alpha - 1) S'S) x = alpha S'1, S the rows of h in Y.

    By the identity of Woodbury x = alpha G S' N 1 with G = (Y'Y + regularization)^-1 and N the inverse of
    M = 1 + (alpha - 1) S G S', [L, L]. The eigenvalues of M lie between 1 and alpha, so Newton's iteration
    V <- V (2 - M V) doubles the correct digits from V = 2 / (1 + alpha) on (G. Schulz, ZAMM 1933).
    """

    positive = False
    tail_items = RECENT_EVENTS

    def __init__(self, algorithm: str, items: NDArray[np.float32], regularization: float, alpha: float) -> None:
        """`items` [N, D] are in the order of the vocabulary."""
        self.algorithm, self._alpha = algorithm, alpha
        self._items = np.pad(items.astype(np.float32), ((0, 1), (0, 0)))
        gram = items.T.astype(np.float64) @ items + regularization * np.eye(items.shape[1])
        self._inverse = np.linalg.inv(gram).astype(np.float32)

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        solved = self._solved(parts, name)
        user = parts.node("ReduceSum", solved.added, parts.whole(0), keepdims=0)  # D
        total = parts.node("MatMul", solved.items, user)  # N + 1
        return Scores(total, lambda found: _to_the_found(parts, solved, found))

    def _solved(self, parts: Parts, name: str) -> _Solved:
        items = parts.matrix(f"{name}item_factors", self._items)
        heard = parts.node("Slice", "tail", parts.whole(0), parts.whole(self.tail_items))
        rows = parts.node("Gather", items, heard)  # L D
        inverse = parts.constant(f"{name}inverse", self._inverse)
        spread = parts.node("MatMul", rows, inverse)  # L D
        alike = parts.node("MatMul", spread, parts.node("Transpose", rows, perm=[1, 0]))  # L L
        corrected = parts.node("MatMul", self._corrections(parts, name, alike), spread)  # L D
        return _Solved(items, parts.node("Mul", corrected, parts.constant(f"{name}alpha", np.float32(self._alpha))))

    def _corrections(self, parts: Parts, name: str, alike: str) -> str:
        """N, [L, L]."""
        shape = parts.node("Shape", alike)
        one = parts.node("EyeLike", parts.filled(shape, np.float32(0)))
        excess = parts.node("Mul", alike, parts.constant(f"{name}excess", np.float32(self._alpha - 1)))
        matrix = parts.node("Add", one, excess)
        twice = parts.node("Add", one, one)
        found = parts.node("Mul", one, parts.constant(f"{name}first", np.float32(2 / (1 + self._alpha))))
        for _ in range(steps(self._alpha)):
            left = parts.node("Sub", twice, parts.node("MatMul", matrix, found))
            found = parts.node("MatMul", found, left)
        return found


def steps(alpha: float) -> int:
    """Of Newton's iteration, until what is left of the first error is below what single precision can hold."""
    error = abs(alpha - 1) / (alpha + 1)
    return 0 if error <= _SMALLEST_ERROR else max(1, math.ceil(math.log2(math.log(_SMALLEST_ERROR) / math.log(error))))


def _to_the_found(parts: Parts, solved: _Solved, found: Found) -> str:
    """What each item of the tail adds, [T, K]; nothing, where it was not read."""
    rows = parts.node("Gather", solved.items, found.items)  # K D
    added = parts.node("MatMul", solved.added, parts.node("Transpose", rows, perm=[1, 0]))  # L K
    tail = parts.node("Slice", found.table_shape, parts.whole(0), parts.whole(1))
    heard = parts.node("Slice", parts.node("Shape", added), parts.whole(0), parts.whole(1))
    missing = parts.node("Concat", parts.node("Sub", tail, heard), parts.node("Shape", found.items), axis=0)
    return parts.node("Concat", added, parts.filled(missing, np.float32(0)), axis=0)
