"""Served forms of fitted models: graph nodes for the score of every item and the contribution of each tail item.

Shapes at the line ends: T items of the tail, L of them that a part uses, M neighbours of each, N items, K items of the
output. Index -1 means the last row (https://onnx.ai/onnx/operators/onnx__Gather.html), which belongs to no item, so
unknown items of the tail contribute nothing and unknown excluded items exclude nothing, without a branch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from millstream.learning.export.graph_scores import Found, Scores
from millstream.learning.export.neighbours import Neighbours
from millstream.learning.export.next_items_graph import next_items_graph
from millstream.learning.export.parts import Built, Parts
from millstream.learning.interactions import Floats, Ints


class ServedPart(ABC):
    """The served form of a model, whole or a part of a blend; see AddsScores."""

    algorithm: str
    """The prefix of its version names, if it is the whole model."""

    tail_items: int
    """How many of a user's latest items it uses."""

    decay: float = 1.0
    """The factor by which each earlier item counts less than the one after it, if it is constant."""

    positive: bool = True

    @abstractmethod
    def add_to(self, parts: Parts, name: str) -> Scores:
        """See AddsScores."""

    def built(self) -> Built:
        """The graph of the model alone."""
        return next_items_graph(self)


class ServedNeighbours(ServedPart):
    """An item-to-item model: the latest items' neighbours, each item weighted `decay` times the one after it."""

    def __init__(self, algorithm: str, neighbours: Neighbours, last: int, decay: float) -> None:
        self.algorithm, self.neighbours, self.tail_items, self.decay = algorithm, neighbours, last, decay

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        neighbours = self.neighbours
        share = (self.decay ** np.arange(self.tail_items) / neighbours.scale).astype(np.float32)
        items = parts.matrix(f"{name}neighbours", neighbours.items)
        scores = parts.matrix(f"{name}neighbour_scores", neighbours.scores)
        heard = parts.node("Slice", "tail", parts.whole(0), parts.whole(self.tail_items))  # L
        shares = parts.constant(f"{name}share", share)
        weight = parts.node("Slice", shares, parts.whole(0), parts.node("Shape", heard))
        weight = parts.node("Unsqueeze", weight, parts.whole(1))  # L 1
        led_to = parts.node("Gather", items, heard)  # L M
        said = parts.node("Cast", parts.node("Gather", scores, heard), to=TensorProto.FLOAT)
        added = parts.node("Mul", said, weight)  # L M
        total = parts.node(
            "ScatterElements",
            parts.filled(parts.whole(len(neighbours.items)), np.float32(0)),
            parts.node("Reshape", led_to, parts.whole(-1)),
            parts.node("Reshape", added, parts.whole(-1)),
            axis=0,
            reduction="add",
        )
        return Scores(total, lambda found: _to_the_found(parts, led_to, added, found))


def _to_the_found(parts: Parts, led_to: str, added: str, found: Found) -> str:
    """[L, M] contributions -> [T, K]: scattered by column; the first column collects items that are not output."""
    table = parts.filled(found.table_shape, np.float32(0))
    columns = parts.node("Gather", found.marked, led_to)
    table = parts.node("ScatterElements", table, columns, added, axis=1, reduction="max")
    return parts.node("Gather", table, found.column, axis=1)


class ServedOwnItems(ServedPart):
    """A user's own latest items: the item at each place of the tail has the score of that place. `shares` [L]."""

    def __init__(self, algorithm: str, shares: Floats, items: int) -> None:
        self.algorithm, self._shares, self._items = algorithm, shares, items
        self.tail_items = len(shares)

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        own = parts.node("Slice", "tail", parts.whole(0), parts.whole(self.tail_items))  # L
        shares = parts.constant(f"{name}shares", self._shares.astype(np.float32))
        share = parts.node("Slice", shares, parts.whole(0), parts.node("Shape", own))  # L
        nothing = parts.filled(parts.whole(self._items + 1), np.float32(0))
        total = parts.node("ScatterElements", nothing, own, share, axis=0, reduction="add")
        column = parts.whole(1)
        itself, added = parts.node("Unsqueeze", own, column), parts.node("Unsqueeze", share, column)  # L 1
        return Scores(total, lambda found: _to_the_found(parts, itself, added, found))


class ServedConstant(ServedPart):
    """A model with the same scores after any history: popularity. `scores` [N]."""

    tail_items = 1

    def __init__(self, algorithm: str, scores: Floats) -> None:
        self.algorithm, self._scores = algorithm, scores

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        total = parts.matrix(f"{name}constant_scores", np.append(self._scores, 0).astype(np.float32))
        return Scores(total, lambda found: _nothing(parts, found))


Lifts = NDArray[np.float32]


class ServedSegments(ServedPart):
    """Popularity by what is known of the user: the product of `popularity` [N] and a lift for each attribute.

    `lifts` has, by the place of an attribute, the lifts [L, N] of L codes, and the row of each code, [codes]: 0 for
    those of which nothing is known; the first row has ones. The last code stands for all after it.
    """

    tail_items = 1

    def __init__(self, algorithm: str, popularity: Floats, lifts: Mapping[int, tuple[Lifts, Ints]]) -> None:
        self.algorithm, self._popularity, self._lifts = algorithm, popularity, lifts

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        total = parts.matrix(f"{name}popularity", np.append(self._popularity, 0).astype(np.float32))
        for place, (lifts, row_of_code) in self._lifts.items():
            table = np.append(lifts, np.ones((len(lifts), 1)), axis=1).astype(np.float32)
            rows = parts.constant(f"{name}rows{place}", row_of_code)
            code = parts.node("Gather", parts.attributes(), parts.whole(place))  # 1
            row = parts.node("Gather", rows, parts.node("Min", code, parts.whole(len(row_of_code) - 1)))
            lift = parts.node("Gather", parts.matrix(f"{name}lifts{place}", table), row)  # 1 N
            total = parts.node("Mul", total, parts.node("Reshape", lift, parts.whole(-1)))
        return Scores(total, lambda found: _nothing(parts, found))


def _nothing(parts: Parts, found: Found) -> str:
    table = parts.filled(found.table_shape, np.float32(0))
    return parts.node("Gather", table, found.column, axis=1)


class Weighted(NamedTuple):
    """A part of a blend: `weight` times its score or, with `logarithm`, times log(max(score, 0) + logarithm).

    Scores are first divided by `scale`.
    """

    part: ServedPart
    weight: float
    logarithm: float | None = None
    scale: float = 1.0

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        total, added = self.part.add_to(parts, name)
        factor = parts.constant(f"{name}weight", np.float32(self.weight / self.scale))
        if self.logarithm is None:
            return Scores(parts.node("Mul", total, factor), lambda found: parts.node("Mul", added(found), factor))
        # weight * log(score / scale + logarithm), but for a constant, which changes no order.
        total = parts.node("Max", total, parts.constant("nothing", np.float32(0)))
        shift = np.float32(self.logarithm * self.scale)
        total = parts.node("Add", total, parts.constant(f"{name}logarithm", shift))
        weight = parts.constant(f"{name}log_weight", np.float32(self.weight))
        total = parts.node("Mul", parts.node("Log", total), weight)
        return Scores(total, lambda found: parts.node("Mul", added(found), factor))


class ServedBlend(ServedPart):
    """The sum of weighted parts, which may be blends themselves."""

    algorithm = "blend"

    def __init__(self, blended: Sequence[Weighted]) -> None:
        self._blended = blended
        self.tail_items = max(one.part.tail_items for one in blended)
        self.positive = all(one.part.positive and one.logarithm is None and one.weight > 0 for one in blended)

    def add_to(self, parts: Parts, name: str) -> Scores:
        """See ServedPart."""
        found = [one.add_to(parts, f"{name}{place}.") for place, one in enumerate(self._blended)]
        total = parts.node("Sum", *(one.total for one in found))
        return Scores(total, lambda given: parts.node("Sum", *(one.added(given) for one in found)))
