"""Names in the graph of a next-items model while it is built.

Shapes at the line ends: T items of the tail, N items, K items that are given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from millstream.learning.export.parts import Parts


class Found(NamedTuple):
    """Names of what is known of the K items that are given."""

    items: str
    """[K] their indices, i64."""

    column: str
    """[K] 1 to K, i64."""

    marked: str
    """[N + 1] the column of each given item, 0 of the others, i32."""

    table_shape: str
    """[2] T and K + 1."""


class Scores(NamedTuple):
    """Names in a graph: [N + 1] the score of each item, and [T, K] what each item of the tail adds to those given."""

    total: str
    added: Callable[[Found], str]


class AddsScores(Protocol):
    """What a model adds to a graph."""

    positive: bool
    """Whether a score is a sum of what the tail leads to, so that a score of 0 says nothing of an item."""

    def add_to(self, parts: Parts, name: str) -> Scores:
        """Add the nodes; constants and matrices have names that begin with `name`."""
