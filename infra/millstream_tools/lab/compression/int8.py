"""The whole graph in eight bits: the item matrix by a rotation, what is learned beside it by ONNX Runtime's quantiser.

Dynamic: what goes through the layers is measured for each request. Static: it was measured before, on histories.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from millstream.learning.export.parts import Built
from millstream.learning.families.knobs import whole
from millstream.learning.interactions import Ints
from millstream_tools.lab.compression.compact_catalogue import EightBitCatalogue
from millstream_tools.lab.sequence.graph import ToGraph, graph
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs

_MODEL = "model.onnx"
_LIMIT = 20


@dataclass(frozen=True)
class StaticInt8Knobs:
    """On how many histories the ranges are measured."""

    histories: int = 200

    def __post_init__(self) -> None:
        whole(self, "histories")


def dynamic_int8(knobs: SequenceKnobs, weights: Weights) -> Built:
    """Both, the layers by dynamic quantisation."""
    exact = graph(knobs, weights, EightBitCatalogue)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _MODEL
        layers = set(_layers(exact))
        others = [name for name, node in _named(exact) if name not in layers]
        quantize_dynamic(
            _whole(exact), path, op_types_to_quantize=["MatMul"], nodes_to_exclude=others, weight_type=QuantType.QInt8
        )
        return _beside(onnx.load(path), exact)


def static_int8(knobs: StaticInt8Knobs, histories: Sequence[Ints]) -> ToGraph:
    """Both, the layers by ranges measured on some of these histories, whose items are rows of the matrix."""

    def made(model: SequenceKnobs, weights: Weights) -> Built:
        exact = graph(model, weights, EightBitCatalogue)
        able = [history for history in histories if len(history)]
        shown = able[:: max(1, len(able) // knobs.histories)][: knobs.histories]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _MODEL
            quantize_static(
                _whole(exact),
                path,
                _Requests(shown, model.window),
                quant_format=QuantFormat.QOperator,  # the scorer's session makes no operators out of others
                op_types_to_quantize=["Gemm"],
                nodes_to_quantize=_layers(exact),
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
            return _beside(onnx.load(path), exact)

    return made


class _Requests(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Histories as the graph's inputs."""

    def __init__(self, histories: Sequence[Ints], window: int) -> None:
        self._left: Iterator[Ints] = iter(histories)
        self._window = window

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """The inputs of the next history; None after the last."""
        history = next(self._left, None)
        return None if history is None else request(history, self._window, history, _LIMIT)


def request(history: Ints, window: int, excluded: Ints, limit: int) -> dict[str, NDArray[Any]]:
    """A history, oldest first, as a next-items graph is asked about it."""
    tail = history[: -window - 1 : -1] if len(history) else np.array([-1], np.int64)
    return {
        "tail": np.ascontiguousarray(tail),
        "tail_weight": np.ones(len(tail), np.float32),
        "excluded": excluded,
        "limit": np.array([limit], np.int64),
    }


def _named(built: Built) -> list[tuple[str, onnx.NodeProto]]:
    """Each node by its first output: graphs name outputs only."""
    return [(node.output[0], node) for node in built.graph.graph.node]


def _layers(built: Built) -> list[str]:
    """The nodes that multiply with what was learned, the item matrix aside."""
    learned = {tensor.name for tensor in built.graph.graph.initializer if tensor.name.endswith(".weight")}
    return [name for name, node in _named(built) if node.op_type == "Gemm" and node.input[1] in learned]


def _whole(built: Built) -> onnx.ModelProto:
    """The graph with its matrices inside and its nodes named, for the quantiser."""
    with tempfile.TemporaryDirectory() as folder:
        built.write(Path(folder))
        model = onnx.load(Path(folder) / _MODEL)
    for node in model.graph.node:
        node.name = node.output[0]
    return model


def _beside(model: onnx.ModelProto, exact: Built) -> Built:
    """The matrices, which the quantiser left as they were, in their own file again."""
    outside = {
        tensor.name: tensor
        for tensor in exact.graph.graph.initializer
        if tensor.data_location == onnx.TensorProto.EXTERNAL
    }
    for tensor in model.graph.initializer:
        if tensor.name in outside:
            tensor.CopyFrom(outside[tensor.name])
    return Built(model, exact.matrices)
