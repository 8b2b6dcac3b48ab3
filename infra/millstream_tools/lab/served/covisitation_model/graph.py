"""The ONNX graph: from a user's latest items to the best next ones, in 33 small steps.

Index -1 means the last row or place (https://onnx.ai/onnx/operators/onnx__Gather.html), which belongs to no item: so
an unknown item of the tail leads nowhere and an unknown excluded item excludes nothing, without a branch.
"""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from millstream_tools.lab.served.covisitation_model.model import Neighbours
from millstream_tools.lab.served.export.parts import Built, Parts

OPSET = 18
"""The first with a maximum in ScatterElements."""


def graph(neighbours: Neighbours) -> Built:
    """The graph; its matrices are the neighbours' items and, from a page on, their scores."""
    parts = Parts()
    parts.matrix("neighbours", neighbours.items)
    parts.matrix("neighbour_scores", neighbours.scores)
    parts.constant("unscale", np.float32(1 / neighbours.scale))
    parts.constant("places", np.array([neighbours.items.shape[0]], np.int64))
    parts.constant("flat", np.array([-1], np.int64))
    parts.constant("second", np.array([1], np.int64))
    parts.constant("nothing", np.float32(0))
    parts.constant("one", np.array([1], np.int64))
    parts.constant("one_i32", np.array([1], np.int32))
    _add_totals(parts)
    _add_best(parts)
    _add_because(parts)
    return parts.built(OPSET)


def _add_totals(parts: Parts) -> None:
    """T items of the tail, M neighbours of each -> the score of every item of the catalogue, 0 where excluded."""
    parts.node("Gather", "neighbours", "tail", gives="led_to")  # [T, M] i32
    parts.node("Gather", "neighbour_scores", "tail", gives="half_scores")  # [T, M] f16
    parts.node("Cast", "half_scores", gives="scaled_scores", to=TensorProto.FLOAT)
    parts.node("Mul", "tail_weight", "unscale", gives="weight")
    parts.node("Unsqueeze", "weight", "second", gives="weight_column")  # [T, 1]
    parts.node("Mul", "scaled_scores", "weight_column", gives="contribution")  # [T, M] f32
    parts.node("Reshape", "led_to", "flat", gives="led_to_flat")
    parts.node("Reshape", "contribution", "flat", gives="contribution_flat")
    parts.filled("places", np.float32(0), gives="empty")  # [N + 1]
    parts.node("ScatterElements", "empty", "led_to_flat", "contribution_flat", gives="total", axis=0, reduction="add")
    parts.node("Shape", "excluded", gives="excluded_shape")
    parts.filled("excluded_shape", np.float32(0), gives="excluded_total")
    parts.node("ScatterElements", "total", "excluded", "excluded_total", gives="allowed", axis=0)


def _add_best(parts: Parts) -> None:
    """The best of the catalogue, K items that have a score."""
    parts.node("Min", "limit", "places", gives="most")
    parts.nodes("TopK", "allowed", "most", gives=("top_scores", "top_items"), axis=0)
    parts.node("Greater", "top_scores", "nothing", gives="has_score")
    parts.node("Compress", "top_items", "has_score", gives="items", axis=0)  # [K] i64
    parts.node("Compress", "top_scores", "has_score", gives="scores", axis=0)  # [K] f32


def _add_because(parts: Parts) -> None:
    """For each of the K items, the place of the tail that contributed most to it; the newest of equals.

    The catalogue is marked with the rank of each given item; the contributions, scattered by rank, form a table
    [T, K + 1] whose first column takes what was not given.
    """
    parts.node("NonZero", "has_score", gives="rank_row")
    parts.node("Reshape", "rank_row", "flat", gives="rank")  # 0 .. K - 1
    parts.node("Add", "rank", "one", gives="column")
    parts.node("Cast", "column", gives="column_i32", to=TensorProto.INT32)
    parts.filled("places", np.int32(0), gives="unmarked")
    parts.node("ScatterElements", "unmarked", "items", "column_i32", gives="marked", axis=0)
    parts.node("Gather", "marked", "led_to", gives="led_to_column")  # [T, M] i32
    parts.node("Shape", "tail", gives="tail_length")
    parts.node("Shape", "items", gives="found")
    parts.node("Add", "found", "one", gives="columns")
    parts.node("Concat", "tail_length", "columns", gives="table_shape", axis=0)
    parts.filled("table_shape", np.float32(0), gives="empty_table")
    parts.node(
        "ScatterElements", "empty_table", "led_to_column", "contribution", gives="table", axis=1, reduction="max"
    )
    parts.node("ArgMax", "table", gives="strongest", axis=0, keepdims=0, select_last_index=0)
    parts.node("Gather", "strongest", "column", gives="because")  # [K] i64
