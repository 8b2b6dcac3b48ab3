"""The graph of a blend: a sequence model and models that say, item by item, what follows the latest items.

Shapes at the line ends: N items, n latest items of a history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.data.interactions import Floats, Ints
from millstream_tools.lab.evaluation.ranking import Scores
from millstream_tools.lab.sequence.graph import KNOWN_ITEMS, graph
from millstream_tools.lab.sequence.graph_catalogue import FullCatalogue
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.served.export.parts import Built, Parts

_FLOAT = 1
_LARGEST_HALF_POWER = 15


@dataclass(frozen=True, eq=False)
class ItemToItem:
    """A part of a blend whose score is the sum, over the latest items, of how much each says about every item.

    `rows` [N, N] says how much; the newest weighs 1 and each item before it `decay` times the one after it; `last`
    items are heard. In the blend stands `weight` times the score or, with `logarithm`, as in `models.blend.Part`.
    """

    rows: NDArray[np.floating]
    last: int
    decay: float
    weight: float
    logarithm: float | None = None

    @classmethod
    def of(
        cls, model: Scores, items: int, *, last: int, decay: float, weight: float, logarithm: float | None = None
    ) -> Self:
        """What a linear model, such as EASE or co-visitation, says after each item alone."""
        return cls(model.score([np.array([item]) for item in range(items)]), last, decay, weight, logarithm)

    def in_order(self, order: Ints) -> Self:
        """The same with its items in another order."""
        return replace(self, rows=self.rows[order][:, order])

    def added(self, newest_first: Ints) -> Floats:
        """What this part adds to the scores, [N], in plain numpy; distinct items."""
        heard = newest_first[: self.last]
        score = self.decay ** np.arange(len(heard)) @ self.rows[heard]
        if self.logarithm is not None:
            score = np.log(np.maximum(score, 0) + self.logarithm)
        return np.asarray(self.weight * score)


def blended_graph(knobs: SequenceKnobs, weights: Weights, weight: float, others: Sequence[ItemToItem]) -> Built:
    """As `graph.graph`, of `weight` times the sequence model's score and what the others add.

    Raises InvalidInputError for a weight that is not above zero, or rows that are not as many as the items.
    """
    items = len(weights["item.weight"]) - 1
    if weight <= 0:
        raise InvalidInputError("weight", "above 0", weight)
    for place, other in enumerate(others):
        if other.rows.shape != (items, items):
            raise InvalidInputError(f"others[{place}].rows", f"{items} rows and columns", other.rows.shape)
    # The graph divides by the temperature at the end, so what is not divided by it already is multiplied here.
    beside = 1.0 if knobs.temperature is None else knobs.temperature
    return graph(knobs, weights, lambda parts, rows: _Blended(parts, rows, weight, beside, others))


class _Blended(FullCatalogue):
    """The product with the matrix and, added to it, what the other parts say."""

    def __init__(
        self, parts: Parts, rows: NDArray[np.float32], weight: float, beside: float, others: Sequence[ItemToItem]
    ) -> None:
        super().__init__(parts, rows)
        self._weight = weight
        self._beside = beside
        self._others = others

    def _products(self, state: str) -> str:
        parts = self._parts
        added = [self._added(f"others.{place}.", other) for place, other in enumerate(self._others)]
        total = parts.node("Sum", *added)  # N + 1
        return parts.node("Gemm", state, "rows", total, alpha=self._weight, beta=self._beside, transB=1)

    def _added(self, name: str, other: ItemToItem) -> str:
        """[N + 1] for one part; 0, or what the logarithm makes of it, for what is no item."""
        parts = self._parts
        largest = float(np.abs(other.rows).max()) or 1.0
        # Halves have eleven digits of two wherever they are not tiny, so they are brought near the largest of them.
        scale = 2.0 ** (_LARGEST_HALF_POWER - np.ceil(np.log2(largest)))
        rows = parts.matrix(f"{name}rows", np.pad(other.rows * scale, ((0, 1), (0, 1))).astype(np.float16))
        decay = (other.decay ** np.arange(other.last) / scale).astype(np.float32)
        heard = parts.node("Slice", KNOWN_ITEMS, parts.whole(0), parts.whole(other.last))
        share = parts.node("Slice", parts.constant(f"{name}decay", decay), parts.whole(0), parts.node("Shape", heard))
        said = parts.node("Cast", parts.node("Gather", rows, heard, axis=0), to=_FLOAT)  # n N + 1
        score = parts.node("MatMul", share, said)
        if other.logarithm is not None:
            score = parts.node("Max", score, parts.constant("nothing", np.float32(0)))
            score = parts.node("Add", score, parts.constant(f"{name}logarithm", np.float32(other.logarithm)))
            score = parts.node("Log", score)
        return parts.node("Mul", score, parts.constant(f"{name}weight", np.float32(other.weight)))
