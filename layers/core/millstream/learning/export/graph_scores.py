"""Names in the graph of a next-items model while it is built.

Shapes at the line ends: T items of the tail, N items, K items of the output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from millstream.learning.export.parts import Parts


class Found(NamedTuple):
    """Names of tensors about the K output items."""

    items: str
    """[K] their indices, i64."""

    column: str
    """[K] 1 to K, i64."""

    marked: str
    """[N + 1] the column of each output item, 0 for the others, i32."""

    table_shape: str
    """[2] T and K + 1."""


class Scores(NamedTuple):
    """Names in a graph: [N + 1] the score of each item, and [T, K] the contribution of each item of the tail."""

    total: str
    added: Callable[[Found], str]


class AddsScores(Protocol):
    """Adds the nodes of a model to a graph."""

    positive: bool
    """Whether a score is a sum over the tail, so that a score of 0 means no evidence for the item."""

    def add_to(self, parts: Parts, name: str) -> Scores:
        """Add the nodes; constants and matrices have names that begin with `name`."""
