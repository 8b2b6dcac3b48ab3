"""The ONNX graph: from a user's latest items to the best next ones, in 33 small steps.

Index -1 means the last row or place (https://onnx.ai/onnx/operators/onnx__Gather.html), which belongs to no item: so
an unknown item of the tail leads nowhere and an unknown excluded item excludes nothing, without a branch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from freshet.scoring.model_folder import MATRICES
from freshet.scoring.signature import NEXT_ITEMS_INPUTS, NEXT_ITEMS_OUTPUTS, Tensor
from infra.trainer.covisitation.model import Neighbours

OPSET = 18
"""The first with a maximum in ScatterElements."""

_IR_VERSION = 10
_PAGE_BYTES = 4096
"""Matrices start at a page, so that they can be mapped into memory."""

_ELEMENT_TYPES = {"int64": TensorProto.INT64, "float32": TensorProto.FLOAT}


def graph(neighbours: Neighbours) -> ModelProto:
    """The graph over matrices that lie in `model.data` as `matrices` writes them."""
    places = neighbours.items.shape[0]
    parts = helper.make_graph(
        [*_totals(), *_best(), *_because()],
        "next_items",
        [_value(tensor) for tensor in NEXT_ITEMS_INPUTS],
        [_value(tensor) for tensor in NEXT_ITEMS_OUTPUTS],
        [
            *_external(neighbours),
            _constant("unscale", np.float32(1 / neighbours.scale)),
            _constant("places", np.array([places], np.int64)),
            _constant("flat", np.array([-1], np.int64)),
            _constant("second", np.array([1], np.int64)),
            _constant("nothing", np.float32(0)),
            _constant("one", np.array([1], np.int64)),
            _constant("one_i32", np.array([1], np.int32)),
        ],
    )
    return helper.make_model(
        parts, producer_name="freshet", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION
    )


def matrices(neighbours: Neighbours) -> bytes:
    """The bytes of `model.data`: neighbour items, a gap up to a page, neighbour scores; little-endian."""
    items = neighbours.items.astype("<i4").tobytes()
    return items + bytes(_scores_start(neighbours) - len(items)) + neighbours.scores.astype("<f2").tobytes()


def _totals() -> list[NodeProto]:
    """T items of the tail, M neighbours of each -> the score of every item of the catalogue, 0 where excluded."""
    return [
        _node("Gather", "neighbours", "tail", gives="led_to"),  # [T, M] i32
        _node("Gather", "neighbour_scores", "tail", gives="half_scores"),  # [T, M] f16
        _node("Cast", "half_scores", gives="scaled_scores", to=TensorProto.FLOAT),
        _node("Mul", "tail_weight", "unscale", gives="weight"),
        _node("Unsqueeze", "weight", "second", gives="weight_column"),  # [T, 1]
        _node("Mul", "scaled_scores", "weight_column", gives="contribution"),  # [T, M] f32
        _node("Reshape", "led_to", "flat", gives="led_to_flat"),
        _node("Reshape", "contribution", "flat", gives="contribution_flat"),
        _zeros("places", gives="empty", element_type=TensorProto.FLOAT),  # [N + 1]
        _node("ScatterElements", "empty", "led_to_flat", "contribution_flat", gives="total", axis=0, reduction="add"),
        _node("Shape", "excluded", gives="excluded_shape"),
        _zeros("excluded_shape", gives="excluded_total", element_type=TensorProto.FLOAT),
        _node("ScatterElements", "total", "excluded", "excluded_total", gives="allowed", axis=0),
    ]


def _best() -> list[NodeProto]:
    """The best of the catalogue, K items that have a score."""
    return [
        _node("Min", "limit", "places", gives="most"),
        helper.make_node("TopK", ["allowed", "most"], ["top_scores", "top_items"], axis=0),
        _node("Greater", "top_scores", "nothing", gives="has_score"),
        _node("Compress", "top_items", "has_score", gives="items", axis=0),  # [K] i64
        _node("Compress", "top_scores", "has_score", gives="scores", axis=0),  # [K] f32
    ]


def _because() -> list[NodeProto]:
    """For each of the K items, the place of the tail that contributed most to it; the newest of equals.

    The catalogue is marked with the rank of each given item; the contributions, scattered by rank, form a table
    [T, K + 1] whose first column takes what was not given.
    """
    return [
        _node("NonZero", "has_score", gives="rank_row"),
        _node("Reshape", "rank_row", "flat", gives="rank"),  # 0 .. K - 1
        _node("Add", "rank", "one", gives="column"),
        _node("Cast", "column", gives="column_i32", to=TensorProto.INT32),
        _zeros("places", gives="unmarked", element_type=TensorProto.INT32),
        _node("ScatterElements", "unmarked", "items", "column_i32", gives="marked", axis=0),
        _node("Gather", "marked", "led_to", gives="led_to_column"),  # [T, M] i32
        _node("Shape", "tail", gives="tail_length"),
        _node("Shape", "items", gives="found"),
        _node("Add", "found", "one", gives="columns"),
        _node("Concat", "tail_length", "columns", gives="table_shape", axis=0),
        _zeros("table_shape", gives="empty_table", element_type=TensorProto.FLOAT),
        _node(
            "ScatterElements", "empty_table", "led_to_column", "contribution", gives="table", axis=1, reduction="max"
        ),
        _node("ArgMax", "table", gives="strongest", axis=0, keepdims=0, select_last_index=0),
        _node("Gather", "strongest", "column", gives="because"),  # [K] i64
    ]


def _node(operator: str, *inputs: str, gives: str, **attributes: Any) -> NodeProto:
    return helper.make_node(operator, list(inputs), [gives], **attributes)


def _zeros(shape: str, *, gives: str, element_type: int) -> NodeProto:
    value = helper.make_tensor("zero", element_type, [1], [0])
    return helper.make_node("ConstantOfShape", [shape], [gives], value=value)


def _value(tensor: Tensor) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(tensor.name, _ELEMENT_TYPES[tensor.dtype], list(tensor.shape))


def _constant(name: str, value: np.ndarray | np.generic) -> TensorProto:
    return numpy_helper.from_array(np.asarray(value), name)


def _external(neighbours: Neighbours) -> list[TensorProto]:
    shape = neighbours.items.shape
    scores_start = _scores_start(neighbours)
    return [
        _external_tensor("neighbours", TensorProto.INT32, shape, 0, neighbours.items.nbytes),
        _external_tensor("neighbour_scores", TensorProto.FLOAT16, shape, scores_start, neighbours.scores.nbytes),
    ]


def _external_tensor(name: str, element_type: int, shape: tuple[int, ...], offset: int, length: int) -> TensorProto:
    tensor = TensorProto(name=name, data_type=element_type, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", MATRICES), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def _scores_start(neighbours: Neighbours) -> int:
    return -(-neighbours.items.nbytes // _PAGE_BYTES) * _PAGE_BYTES
