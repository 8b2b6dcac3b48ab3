"""From the state after a history to the best items of the whole catalogue, as ONNX nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from millstream.learning.export.parts import Parts


class CatalogueGraph(ABC):
    """The item matrix [N + 1, D], whose last row is that of no item, and the product with it."""

    def __init__(self, parts: Parts, no_items: str) -> None:
        """`no_items` names the places of the product that belong to no item."""
        self._parts = parts
        self._no_items = no_items

    @abstractmethod
    def rows(self, items: str) -> str:
        """The rows of n items, [n] -> [n, D]."""

    @abstractmethod
    def best(self, state: str, limit: str) -> tuple[str, str]:
        """At most `limit` [1] items that are not excluded, by product with the state [1, D]: [K] items, [K] products.

        Best first, equal ones by index.
        """

    def _allowed(self, scores: str, worst: np.generic) -> str:
        """The scores, [N + 1] or more, with the worst there is for excluded items and for what is no item."""
        parts = self._parts
        out = parts.node("Concat", "excluded", self._no_items, axis=0)
        fill = parts.filled(parts.node("Shape", out), worst)
        return parts.node("ScatterElements", scores, out, fill, axis=0)

    def _top(self, scores: str, limit: str, worst: np.generic) -> tuple[str, str]:
        """[n] -> the places of the best that are better than the worst there is, [K], and their scores, [K]."""
        parts = self._parts
        most = parts.node("Min", limit, parts.node("Shape", scores))
        values, places = f"{most}.values", f"{most}.places"
        parts.nodes("TopK", scores, most, gives=(values, places), axis=0)
        given = parts.node("Greater", values, parts.constant(f"worst {worst.dtype}", worst))
        return (parts.node("Compress", places, given, axis=0), parts.node("Compress", values, given, axis=0))


class FullCatalogue(CatalogueGraph):
    """The matrix in single precision."""

    def __init__(self, parts: Parts, rows: NDArray[np.float32]) -> None:
        super().__init__(parts, parts.whole(-1))
        parts.matrix("rows", rows)

    def rows(self, items: str) -> str:
        """See CatalogueGraph."""
        return self._parts.node("Gather", "rows", items, axis=0)

    def best(self, state: str, limit: str) -> tuple[str, str]:
        """See CatalogueGraph."""
        scores = self._parts.node("Reshape", self.products(state), self._parts.whole(-1))
        worst = np.float32(-np.inf)
        return self._top(self._allowed(scores, worst), limit, worst)

    def products(self, state: str) -> str:
        """The product of the state with every row, [1, D] -> [1, N + 1]."""
        return self._parts.node("Gemm", state, "rows", transB=1)
