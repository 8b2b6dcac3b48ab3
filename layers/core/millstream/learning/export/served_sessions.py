"""The served form of session-kNN: an index of sessions, asked by scatters and one TopK.

Shapes at the line ends: T items of the tail, H of them that are used, S sessions, Q sessions of an item, L items of a
session, B neighbours, N items, K items of the output.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from millstream.learning.export.graph_scores import Found, Scores
from millstream.learning.export.parts import Parts
from millstream.learning.export.served import ServedPart
from millstream.learning.interactions import Floats


class _Near(NamedTuple):
    """Names: the neighbours' items, what each item of the tail counts there, and what a neighbour gives an item."""

    heard: str
    """[H]"""

    items: str
    """[B, L]"""

    marks: str
    """[B, L] the weight in the tail of each item, 0 for those that are not in it."""

    factors: str
    """[B, L] times the sum of the marks: what each item gets."""


class ServedSessions(ServedPart):
    """`items` [S+1, L], `sessions` [N+1, Q], `recency` [S+1], `asked_idf` and `idf` [N+1], `shares` [H].

    `spread` [L] is what an item counts by its distance from the common one. See `families.session_knn`.
    """

    def __init__(
        self,
        algorithm: str,
        *,
        items: NDArray[np.int32],
        sessions: NDArray[np.int32],
        recency: NDArray[np.float32],
        shares: NDArray[np.float32],
        asked_idf: NDArray[np.float32],
        idf: Floats,
        spread: Floats,
        neighbours: int,
    ) -> None:
        self.algorithm, self.tail_items = algorithm, len(shares)
        self._matrices = {"session_items": items, "item_sessions": sessions, "recency": recency}
        self._matrices |= {"asked_idf": asked_idf, "idf": idf.astype(np.float32)}
        self._constants = {"shares": shares, "spread": spread.astype(np.float32)}
        self._items, self._sessions = len(sessions), len(items)
        self._neighbours = min(neighbours, len(items))

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        near = self._near(
            parts, {key: parts.matrix(f"{name}{key}", value) for key, value in self._matrices.items()}, name
        )
        similarity = parts.node("ReduceSum", near.marks, parts.whole(1))  # B 1
        total = self._added(parts, self._items, near.items, parts.node("Mul", near.factors, similarity))
        return Scores(total, lambda found: self._to_the_found(parts, near, found))

    def _near(self, parts: Parts, matrix: dict[str, str], name: str) -> _Near:
        heard = parts.node("Slice", "tail", parts.whole(0), parts.whole(self.tail_items))  # H
        shares = parts.constant(f"{name}shares", self._constants["shares"])
        share = parts.node("Slice", shares, parts.whole(0), parts.node("Shape", heard))  # H
        units = parts.node("Ceil", parts.node("Mul", share, parts.node("Gather", matrix["asked_idf"], heard)))  # H
        of_tail = parts.node("Gather", matrix["item_sessions"], heard)  # H Q
        said = parts.node("Expand", parts.node("Unsqueeze", units, parts.whole(1)), parts.node("Shape", of_tail))
        alike = self._added(parts, self._sessions, of_tail, said)  # S + 1
        likeness = parts.node("Mul", alike, matrix["recency"])
        values, near = (f"{name}likeness", f"{name}near")
        parts.nodes("TopK", likeness, parts.whole(self._neighbours), gives=(values, near), axis=0)  # B
        nothing = parts.constant("nothing", np.float32(0))
        is_near = parts.node("Cast", parts.node("Greater", values, nothing), to=TensorProto.FLOAT)
        counts = parts.node("Mul", is_near, parts.node("Gather", matrix["recency"], near))  # B
        items = parts.node("Gather", matrix["session_items"], near)  # B L
        marks = parts.filled(parts.whole(self._items), np.float32(0))
        marks = parts.node("Gather", parts.node("ScatterElements", marks, heard, units, axis=0), items)  # B L
        factors = parts.node("Mul", self._nearness(parts, marks, name), parts.node("Gather", matrix["idf"], items))
        is_new = parts.node("Cast", parts.node("Equal", marks, nothing), to=TensorProto.FLOAT)
        factors = parts.node("Mul", parts.node("Mul", factors, is_new), parts.node("Unsqueeze", counts, parts.whole(1)))
        return _Near(heard, items, marks, factors)

    def _nearness(self, parts: Parts, marks: str, name: str) -> str:
        """What each item counts by its distance from the common one that counts most, [B, L]."""
        spread = self._constants["spread"]
        places = parts.constant(f"{name}places", np.arange(len(spread)))
        common = parts.node("ArgMax", marks, axis=1, keepdims=1)  # B 1
        distance = parts.node("Abs", parts.node("Sub", places, common))  # B L
        return parts.node("Gather", parts.constant(f"{name}spread", spread), distance)

    def _to_the_found(self, parts: Parts, near: _Near, found: Found) -> str:
        """[T, K]: of each neighbour, what the tail's items count, times what it gives the items of the output."""
        neighbours = parts.whole(self._neighbours)
        tail = parts.node("Slice", found.table_shape, parts.whole(0), parts.whole(1))
        given = parts.node("Slice", found.table_shape, parts.whole(1), parts.whole(2))
        one = parts.constant("one", np.int64(1))
        ends = parts.node("Add", parts.node("Size", near.heard), one)
        place = parts.node("Range", one, ends, one)  # 1 to H
        places = parts.node("ScatterElements", parts.filled(parts.whole(self._items), np.int64(0)), near.heard, place)
        after = parts.node("Add", tail, parts.whole(1))
        by_place = parts.filled(parts.node("Concat", neighbours, after, axis=0), np.float32(0))  # B T+1
        placed = parts.node("Gather", places, near.items)
        by_place = parts.node("ScatterElements", by_place, placed, near.marks, axis=1, reduction="add")
        by_place = parts.node(
            "Slice", by_place, parts.whole(1), parts.node("Add", tail, parts.whole(1)), parts.whole(1)
        )
        by_item = parts.filled(parts.node("Concat", neighbours, given, axis=0), np.float32(0))  # B K+1
        marked = parts.node("Gather", found.marked, near.items)
        by_item = parts.node("ScatterElements", by_item, marked, near.factors, axis=1, reduction="add")
        by_item = parts.node("Gather", by_item, found.column, axis=1)  # B K
        return parts.node("MatMul", parts.node("Transpose", by_place, perm=[1, 0]), by_item)

    def _added(self, parts: Parts, size: int, places: str, values: str) -> str:
        """[size] the sums of the values at their places."""
        return parts.node(
            "ScatterElements",
            parts.filled(parts.whole(size), np.float32(0)),
            parts.node("Reshape", places, parts.whole(-1)),
            parts.node("Reshape", values, parts.whole(-1)),
            axis=0,
            reduction="add",
        )
