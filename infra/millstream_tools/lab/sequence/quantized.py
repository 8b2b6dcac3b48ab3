"""The graph with the item matrix in eight bits: read whole for a rough ranking, whose best are ranked again exactly.

The rough product is one MatMulInteger of an unsigned state and signed rows without zero points, laid out so that
ONNX Runtime's x86 kernel for one row of unsigned bytes reads the matrix as it lies: nothing is packed at the start of a
session or for a request. On other processors the same graph gives the same answers; how fast was not measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from millstream.learning.export.parts import Built, Parts
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.graph_catalogue import CatalogueGraph
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs

AGAIN = (2, 100)
"""Ranked again exactly: so many times the items that are wanted, and so many more."""

_LARGEST = 63
"""Of a quantised row, before its sum is made zero: two products of 255 and 64 fit in 16 bits, where processors without
VNNI add them."""

_COLUMNS = 262_144
"""Of a block: long runs of memory are read fastest, while a block's sums, 4 bytes each, stay in a near cache."""

_CACHE_LINE = 64
_DOT_PRODUCT = 4
"""Products that a processor adds in one step."""

_ROWS_AT_ONCE = 65_536
_ROTATION_SEED = 1


def quantized_graph(knobs: SequenceKnobs, weights: Weights) -> Built:
    """As `graph.graph`; the exact rows are kept as halves, so scores differ in the third digit."""
    return graph(knobs, weights, QuantizedCatalogue)


class QuantizedCatalogue(CatalogueGraph):
    """Rows as halves, for the encoder and the exact ranking, and as bytes, for the rough one.

    A rough row is the row in a rotated space of a few more dimensions in which all its numbers add up to zero. So any
    number may be added to all of the state's, and the products stay the same: that makes them unsigned.
    """

    def __init__(self, parts: Parts, rows: NDArray[np.float32]) -> None:
        rotation = zero_sum_rotation(rows.shape[1])
        blocks = -(-len(rows) // _COLUMNS)
        columns = _up(-(-len(rows) // blocks), _CACHE_LINE)
        rough = np.zeros((blocks * columns, rotation.shape[1]), np.int8)
        rough[: len(rows)] = quantized(rows, rotation)
        super().__init__(parts, parts.constant("no_items", np.arange(len(rows) - 1, len(rough), dtype=np.int64)))
        self._rotation = parts.constant("rotation", rotation.astype(np.float32)[None])  # 1 D R
        parts.matrix("rows", rows.astype(np.float16))
        parts.matrix("rough_rows", rough.reshape(blocks, columns, -1).transpose(0, 2, 1))  # blocks R columns

    def rows(self, items: str) -> str:
        """See CatalogueGraph."""
        return self._parts.node("Cast", self._parts.node("Gather", "rows", items, axis=0), to=1)

    def best(self, state: str, limit: str) -> tuple[str, str]:
        """See CatalogueGraph."""
        parts = self._parts
        candidates = self._candidates(state, limit)
        exact = parts.node("Gemm", state, self.rows(candidates), transB=1)  # 1 M
        places, products = self._top(parts.node("Reshape", exact, parts.whole(-1)), limit, np.float32(-np.inf))
        return parts.node("Gather", candidates, places, axis=0), products

    def _candidates(self, state: str, limit: str) -> str:
        """The M items that are roughly best, by index."""
        parts = self._parts
        rotated = parts.node("MatMul", state, self._rotation)  # 1 1 R
        unsigned = parts.nodes("DynamicQuantizeLinear", rotated, gives=("unsigned", "unsigned_scale", "unsigned_zero"))
        sums = parts.node("MatMulInteger", unsigned[0], "rough_rows")  # blocks 1 columns
        worst = np.int32(np.iinfo(np.int32).min)
        allowed = self._allowed(parts.node("Reshape", sums, parts.whole(-1)), worst)
        times, more = AGAIN
        wanted = parts.node("Add", parts.node("Mul", limit, parts.whole(times)), parts.whole(more))
        wanted = parts.node("Mul", wanted, parts.node("Min", limit, parts.whole(1)))
        found, _ = self._top(allowed, wanted, worst)
        by_index, _ = parts.nodes(
            "TopK", found, parts.node("Shape", found), gives=("candidates", "candidates_place"), axis=0, largest=0
        )
        return by_index


def zero_sum_rotation(width: int) -> NDArray[np.float64]:
    """[D, R] orthonormal rows that each add up to zero; R is the next multiple of four above D. Always the same."""
    wider = _up(width + 1, _DOT_PRODUCT)
    drawn = np.random.default_rng(_ROTATION_SEED).standard_normal((wider, width))
    return np.linalg.qr(drawn - drawn.mean(axis=0))[0].T


def quantized(rows: NDArray[np.float32], rotation: NDArray[np.float64]) -> NDArray[np.int8]:
    """[n, D] -> [n, R] rotated and rounded to bytes of one scale, each row adding up to zero."""
    result = np.empty((len(rows), rotation.shape[1]), np.int8)
    largest = max(float(np.abs(part @ rotation).max()) for part in _parted(rows)) or 1.0
    for start, part in zip(range(0, len(rows), _ROWS_AT_ONCE), _parted(rows), strict=True):
        exact = (part @ rotation) * (_LARGEST / largest)
        rounded = np.rint(exact)
        excess = rounded.sum(axis=1, keepdims=True)
        # Take it from the numbers that were rounded away from it most.
        order = np.argsort((exact - rounded) * np.sign(excess), axis=1, kind="stable")
        nearest = np.empty_like(order)
        np.put_along_axis(nearest, order, np.arange(order.shape[1])[None], axis=1)
        result[start : start + len(part)] = rounded - np.sign(excess) * (nearest < np.abs(excess))
    return result


def _parted(rows: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE)]


def _up(number: int, step: int) -> int:
    """The next multiple of the step."""
    return -(-number // step) * step
