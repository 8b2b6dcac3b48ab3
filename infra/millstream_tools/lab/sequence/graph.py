"""The ONNX graph of a sequence model: from a user's latest items to the best next ones, for one user at a time.

Shapes at the line ends: T items of the tail, L places that are read, D width, N items, K items that are given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from millstream.learning.export.graph_scores import Found, Scores
from millstream.learning.export.next_items_graph import OPSET
from millstream.learning.export.parts import Built, Parts
from millstream.learning.export.served import ServedPart
from millstream_tools.lab.sequence.graph_blocks import BLOCKS
from millstream_tools.lab.sequence.graph_catalogue import CatalogueGraph, FullCatalogue
from millstream_tools.lab.sequence.graph_layers import BEFORE_ALL, Layers, Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs

ToGraph = Callable[[SequenceKnobs, Weights], Built]

CatalogueKind = Callable[[Parts, NDArray[np.float32]], CatalogueGraph]
"""Makes the catalogue's part of a graph from the item matrix, [N + 1, D]."""

_ANY_NUMBER = 2**40
_LEAST_SCORE = np.finfo(np.float32).tiny


def graph(knobs: SequenceKnobs, weights: Weights, catalogue: CatalogueKind = FullCatalogue) -> Built:
    """The graph; items are in the order of the rows of `item.weight`, whose last belongs to no item.

    Unknown items of the tail, -1, are passed over. A score is how likely the item is beside the best that may be
    given. `because` is the item of the tail whose row is most like that of the given one, by cosine.
    """
    parts = Parts()
    read = _read(parts, knobs, weights, catalogue)
    known = parts.node("Mul", read.tail.known, parts.whole(_ANY_NUMBER))
    found, products = read.items.best(read.state, parts.node("Min", "limit", known))  # K
    parts.node("Identity", found, gives="items")
    _add_scores(parts, products, knobs.temperature)
    likeness = _likeness(parts, read, found)
    strongest = parts.node("ArgMax", likeness, axis=1, keepdims=0, select_last_index=1)  # K, oldest first
    parts.node("Gather", read.tail.place, parts.node("Sub", read.tail.last, strongest), axis=0, gives="because")
    return parts.built(OPSET)


class ServedSequence(ServedPart):
    """A sequence model, alone or as a part of a blend, in which it says the logarithm of how likely an item is."""

    positive = False

    def __init__(
        self, knobs: SequenceKnobs, weights: Weights, to_graph: ToGraph = graph, algorithm: str = "sequence"
    ) -> None:
        """`to_graph` may make another form of the same model, such as `quantized.quantized_graph`."""
        self.algorithm, self.tail_items = algorithm, knobs.window
        self._knobs, self._weights, self._to_graph = knobs, weights, to_graph

    def built(self) -> Built:
        """See ServedPart."""
        return self._to_graph(self._knobs, self._weights)

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart; what an item of the tail adds is how like it is to the one that is given."""
        read = _read(parts, self._knobs, self._weights, FullCatalogue)
        total = parts.node("Reshape", cast("FullCatalogue", read.items).products(read.state), parts.whole(-1))  # N + 1
        if self._knobs.temperature is not None:
            total = parts.node("Mul", total, parts.constant("sharpness", np.float32(1 / self._knobs.temperature)))
        return Scores(total, lambda found: _by_place(parts, read, found))


class _Read(NamedTuple):
    """What is made of the tail: the state after it, and the rows of its items, [1, D] and [L, D]."""

    items: CatalogueGraph
    tail: _Tail
    state: str
    unit_rows: str


def _read(parts: Parts, knobs: SequenceKnobs, weights: Weights, catalogue: CatalogueKind) -> _Read:
    matrix = _matrix(knobs, weights)
    items = catalogue(parts, matrix.rows)
    tail = _tail(parts, knobs.window)
    layers = Layers(parts, weights, knobs.heads, tail.length, tail.last)
    read = items.rows(tail.history)  # L D
    x = _entered(parts, weights, matrix, tail, read)
    *every, last = (BLOCKS[knobs.block](layers, f"blocks.{number}.", knobs.window) for number in range(knobs.blocks))
    for block in every:
        x = block.every(x)
    state = layers.normed(last.last(x), "norm", scale=1 / matrix.scale)  # 1 D
    if knobs.temperature is not None:
        state = parts.node("LpNormalization", state)
    unit_rows = read if matrix.lengths is not None else parts.node("LpNormalization", read)
    return _Read(items, tail, state, unit_rows)


class _Matrix(NamedTuple):
    """[N + 1, D] rows such that what the encoder reads is `rows * lengths`, and scores are `rows @ state / scale`."""

    rows: NDArray[np.float32]
    lengths: NDArray[np.float32] | None
    scale: float


def _matrix(knobs: SequenceKnobs, weights: Weights) -> _Matrix:
    rows = weights["item.weight"]
    scale = knobs.width**0.5 if "place.weight" in weights else 1.0
    if knobs.temperature is None:
        return _Matrix(rows * np.float32(scale), None, scale)
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return _Matrix(rows / lengths, lengths * np.float32(scale), 1.0)


class _Tail(NamedTuple):
    """Names of what is made of the tail. Where nothing is known of it, that which is no item is read."""

    history: str
    """[L] the latest known items, oldest first."""

    length: str
    """[1] L."""

    last: str
    """[1] L - 1."""

    known: str
    """[1] how many are known, be it more than L."""

    place: str
    """[known] where each stands in the tail, newest first."""


def _tail(parts: Parts, window: int) -> _Tail:
    is_known = parts.node("GreaterOrEqual", "tail", parts.constant("first", np.int64(0)))
    place = parts.node("Reshape", parts.node("NonZero", is_known), parts.whole(-1))
    items = parts.node("Gather", "tail", place, axis=0)
    known = parts.node("Shape", items)
    length = parts.node("Clip", known, parts.constant("least", np.int64(1)), parts.constant("window", np.int64(window)))
    last = parts.node("Sub", length, parts.whole(1))
    some = parts.node("Concat", items, parts.whole(-1), axis=0)
    history = parts.node("Slice", some, last, parts.whole(BEFORE_ALL), parts.whole(0), parts.whole(-1))
    return _Tail(history, length, last, known, place)


def _entered(parts: Parts, weights: Weights, matrix: _Matrix, tail: _Tail, read: str) -> str:
    """The input of the first block, [L, D]."""
    if matrix.lengths is not None:
        lengths = parts.matrix("lengths", matrix.lengths)
        read = parts.node("Mul", read, parts.node("Gather", lengths, tail.history, axis=0))
    if "place.weight" not in weights:
        return read
    place = parts.constant("place.weight", weights["place.weight"])
    return parts.node("Add", read, parts.node("Slice", place, parts.whole(0), tail.length))


def _add_scores(parts: Parts, products: str, temperature: float | None) -> None:
    best = parts.node("Slice", products, parts.whole(0), parts.whole(1))
    behind = parts.node("Sub", products, best)
    if temperature is not None:
        behind = parts.node("Mul", behind, parts.constant("sharpness", np.float32(1 / temperature)))
    parts.node("Max", parts.node("Exp", behind), parts.constant("least_score", _LEAST_SCORE), gives="scores")


def _likeness(parts: Parts, read: _Read, found: str) -> str:
    """The similarity of the output items to those of the history, [K, L], oldest first."""
    return parts.node("Gemm", read.items.rows(found), read.unit_rows, transB=1)


def _by_place(parts: Parts, read: _Read, found: Found) -> str:
    """The likeness at the places of the tail, [T, K]; -1, the least there is, where nothing was read."""
    likeness = parts.node("Transpose", _likeness(parts, read, found.items), perm=[1, 0])  # L K
    tail = parts.node("Slice", found.table_shape, parts.whole(0), parts.whole(1))
    shape = parts.node("Concat", tail, parts.node("Shape", found.items), axis=0)
    newest = parts.node("Slice", read.tail.place, parts.whole(0), read.tail.length)
    oldest_first = parts.node(
        "Slice", newest, parts.whole(-1), parts.whole(BEFORE_ALL), parts.whole(0), parts.whole(-1)
    )
    # Where nothing is known, that which is no item was read.
    likeness = parts.node("Slice", likeness, parts.whole(0), parts.node("Shape", oldest_first))
    places = parts.node("Unsqueeze", oldest_first, parts.whole(1))
    return parts.node("ScatterND", parts.filled(shape, np.float32(-1)), places, likeness)
