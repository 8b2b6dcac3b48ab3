"""Item matrices that take less room, as the catalogue's part of a graph.

Shapes at the line ends: N items, D width, R rank or rotated width, P parts, C centres.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from millstream.learning.export.parts import Parts
from millstream_tools.lab.compression.low_rank import LowRankKnobs, factors
from millstream_tools.lab.compression.product_quantisation import CENTRES, PqKnobs, quantised
from millstream_tools.lab.sequence.graph import CatalogueKind
from millstream_tools.lab.sequence.graph_catalogue import CatalogueGraph
from millstream_tools.lab.sequence.quantized import quantized, zero_sum_rotation

_FLOAT, _INT32 = 1, 6
"""Of TensorProto: https://onnx.ai/onnx/repo-docs/IR.html."""

_CACHE_LINE = 64
_WORST = np.float32(-np.inf)


def low_rank_catalogue(knobs: LowRankKnobs) -> CatalogueKind:
    """The matrix as two thin ones."""
    return lambda parts, rows: _LowRank(parts, rows, knobs)


def pq_catalogue(knobs: PqKnobs, seed: int) -> CatalogueKind:
    """The matrix as product quantisation."""
    return lambda parts, rows: _Quantised(parts, rows, knobs, seed)


class _AllScored(CatalogueGraph):
    """Every item gets its score, and the best are taken."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts, parts.whole(-1))

    def best(self, state: str, limit: str) -> tuple[str, str]:
        """See CatalogueGraph."""
        return self._top(self._allowed(self._scores(state), _WORST), limit, _WORST)

    @abstractmethod
    def _scores(self, state: str) -> str:
        """[1, D] -> [N + 1]."""


class _LowRank(_AllScored):
    """A row is made when it is read; for the scores, the state is brought to the items' few dimensions."""

    def __init__(self, parts: Parts, rows: NDArray[np.float32], knobs: LowRankKnobs) -> None:
        super().__init__(parts)
        made = factors(rows, knobs)
        self._items = parts.matrix("thin_rows", made.items)  # N + 1 R
        self._directions = parts.constant("directions", made.directions)  # R D

    def rows(self, items: str) -> str:
        """See CatalogueGraph."""
        thin = self._parts.node("Gather", self._items, items, axis=0)
        return self._parts.node("MatMul", thin, self._directions)

    def _scores(self, state: str) -> str:
        thin = self._parts.node("Gemm", state, self._directions, transB=1)  # 1 R
        scores = self._parts.node("Gemm", thin, self._items, transB=1)  # 1 N + 1
        return self._parts.node("Reshape", scores, self._parts.whole(-1))


class EightBitCatalogue(CatalogueGraph):
    """One byte a number, for reading and for the product, by the rotation of `sequence.quantized`.

    Unlike there nothing is ranked again exactly, so no exact rows are kept: for matrices that are small anyway.
    """

    def __init__(self, parts: Parts, rows: NDArray[np.float32]) -> None:
        rotation = zero_sum_rotation(rows.shape[1])  # D R
        columns = -(-len(rows) // _CACHE_LINE) * _CACHE_LINE
        rotated = np.zeros((columns, rotation.shape[1]), np.int8)
        rotated[: len(rows)] = quantized(rows, rotation)
        super().__init__(parts, parts.constant("no_items", np.arange(len(rows) - 1, columns, dtype=np.int64)))
        scale = np.abs(rows @ rotation).max() / np.abs(rotated).max()
        self._scale = parts.constant("rows_scale", np.float32(scale))
        self._rotation = parts.constant("rotation", rotation.astype(np.float32))
        self._back = parts.constant("rotation_back", (rotation.T * scale).astype(np.float32))
        self._rotated = parts.matrix("rotated_rows", np.ascontiguousarray(rotated.T)[None])  # 1 R columns

    def rows(self, items: str) -> str:
        """See CatalogueGraph."""
        parts = self._parts
        found = parts.node("Gather", self._rotated, items, axis=2)  # 1 R n
        found = parts.node("Squeeze", parts.node("Cast", found, to=_FLOAT), parts.whole(0))
        return parts.node("Gemm", found, self._back, transA=1)

    def best(self, state: str, limit: str) -> tuple[str, str]:
        """See CatalogueGraph."""
        parts = self._parts
        rotated = parts.node("Unsqueeze", parts.node("MatMul", state, self._rotation), parts.whole(0))  # 1 1 R
        unsigned = parts.nodes("DynamicQuantizeLinear", rotated, gives=("unsigned", "unsigned_scale", "unsigned_zero"))
        sums = parts.node("MatMulInteger", unsigned[0], self._rotated)  # 1 1 columns
        worst = np.int32(np.iinfo(np.int32).min)
        items, sums = self._top(self._allowed(parts.node("Reshape", sums, parts.whole(-1)), worst), limit, worst)
        products = parts.node("Mul", parts.node("Cast", sums, to=_FLOAT), parts.node("Mul", unsigned[1], self._scale))
        return items, products


class _Quantised(_AllScored):
    """A score is the sum of P numbers from a table of the state's products with all centres, made once a request."""

    def __init__(self, parts: Parts, rows: NDArray[np.float32], knobs: PqKnobs, seed: int) -> None:
        super().__init__(parts)
        made = quantised(rows, knobs, seed)
        self._codes = parts.matrix("codes", np.ascontiguousarray(made.codes.T))  # P N + 1 u8
        self._centres = parts.matrix("centres", made.centres)  # P C D / P
        self._of_a_part = made.centres.shape[2]
        # Part p's centres begin at C p where all parts' centres lie one after the other.
        self._first = parts.constant("first_centre", (np.arange(knobs.parts, dtype=np.int32) * CENTRES)[:, None])

    def rows(self, items: str) -> str:
        """See CatalogueGraph."""
        parts = self._parts
        centres = parts.node("Reshape", self._centres, parts.whole(-1, self._of_a_part))
        places = self._places(parts.node("Gather", self._codes, items, axis=1))  # P n
        found = parts.node("Gather", centres, parts.node("Transpose", places, perm=[1, 0]), axis=0)  # n P D / P
        return parts.node("Reshape", found, parts.whole(0, -1))

    def _scores(self, state: str) -> str:
        parts = self._parts
        by_part = parts.node("Reshape", state, parts.whole(-1, self._of_a_part, 1))  # P D / P 1
        table = parts.node("Reshape", parts.node("MatMul", self._centres, by_part), parts.whole(-1))  # P C
        found = parts.node("Gather", table, self._places(self._codes), axis=0)  # P N + 1
        return parts.node("ReduceSum", found, parts.whole(0), keepdims=0)

    def _places(self, codes: str) -> str:
        return self._parts.node("Add", self._parts.node("Cast", codes, to=_INT32), self._first)
