"""The ONNX graph of a next-items model: from a user's latest items to the best next ones.

Shapes at the line ends: T items of the tail, N items, K items of the output.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from millstream.learning.export.graph_scores import AddsScores, Found, Scores
from millstream.learning.export.parts import Built, Parts

OPSET = 20
"""The first opset with Gelu, which sequence models need; 18 is the first with a maximum in ScatterElements."""

_LEAST_SCORE = np.finfo(np.float32).tiny
_ANY_NUMBER = 2**40


def next_items_graph(model: AddsScores) -> Built:
    """The graph of a model.

    If the scores are sums over the tail, items with a score of 0 are not output. Otherwise every item has a score, and
    the output is its likelihood relative to the best item: e to the difference of their scores. A tail without known
    items gives no items.
    """
    parts = Parts()
    scores = model.add_to(parts, "model.")
    allowed = _allowed(parts, scores.total)
    known = parts.node("GreaterOrEqual", "tail", parts.constant("first", np.int64(0)))
    some = parts.node("ReduceMax", parts.node("Cast", known, to=TensorProto.INT64), keepdims=1)
    most = parts.node("Min", "limit", parts.node("Shape", allowed), parts.node("Mul", some, parts.whole(_ANY_NUMBER)))
    parts.nodes("TopK", allowed, most, gives=("top_scores", "top_items"), axis=0)
    least = np.float32(0) if model.positive else np.float32(-np.inf)
    given = parts.node("Greater", "top_scores", parts.constant("least_given", least), gives="is_given")
    items = parts.node("Compress", "top_items", given, gives="items", axis=0)  # K i64
    if model.positive:
        parts.node("Compress", "top_scores", given, gives="scores", axis=0)  # K f32
    else:
        _add_likelihoods(parts, parts.node("Compress", "top_scores", given, axis=0))
    _add_because(parts, scores, allowed, items, known)
    return parts.built(OPSET)


def _allowed(parts: Parts, total: str) -> str:
    """The scores, with the lowest value for excluded items and for padding."""
    out = parts.node("Concat", "excluded", parts.whole(-1), axis=0)
    worst = parts.filled(parts.node("Shape", out), np.float32(-np.inf))
    return parts.node("ScatterElements", total, out, worst, axis=0)


def _add_likelihoods(parts: Parts, found: str) -> None:
    best = parts.node("Slice", found, parts.whole(0), parts.whole(1))
    likelihood = parts.node("Exp", parts.node("Sub", found, best))
    parts.node("Max", likelihood, parts.constant("least_score", _LEAST_SCORE), gives="scores")


def _add_because(parts: Parts, scores: Scores, total: str, items: str, known: str) -> None:
    """For each of the K items, the index of the known tail item that contributed most; the newest of ties."""
    rank = parts.node("Reshape", parts.node("NonZero", "is_given"), parts.whole(-1))  # 0 .. K - 1
    column = parts.node("Add", rank, parts.whole(1))
    unmarked = parts.filled(parts.node("Shape", total), np.int32(0))
    column_i32 = parts.node("Cast", column, to=TensorProto.INT32)
    marked = parts.node("ScatterElements", unmarked, items, column_i32, axis=0)
    columns = parts.node("Add", parts.node("Shape", items), parts.whole(1))
    shape = parts.node("Concat", parts.node("Shape", "tail"), columns, axis=0)
    added = scores.added(Found(items, column, marked, shape))  # T K
    nothing = parts.constant("nothing_added", np.float32(-np.inf))
    added = parts.node("Where", parts.node("Unsqueeze", known, parts.whole(1)), added, nothing)
    parts.node("ArgMax", added, gives="because", axis=0, keepdims=0, select_last_index=0)
