"""Builder of an ONNX graph with external matrices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from millstream.scoring.model_folder import GRAPH, MATRICES
from millstream.scoring.signature import ATTRIBUTES_INPUT, NEXT_ITEMS_INPUTS, NEXT_ITEMS_OUTPUTS, Tensor

_IR_VERSION = 10
_PAGE_BYTES = 4096
"""Matrices start at a page boundary, so that they can be memory-mapped."""

_ELEMENT_TYPES = {"int64": TensorProto.INT64, "float32": TensorProto.FLOAT}


class Built(NamedTuple):
    """A graph, the bytes of `model.data` that it refers to, and its inputs."""

    graph: ModelProto
    matrices: bytes
    inputs: tuple[Tensor, ...] = NEXT_ITEMS_INPUTS

    def write(self, folder: Path) -> None:
        """Write both into a model folder."""
        (folder / GRAPH).write_bytes(self.graph.SerializeToString(deterministic=True))
        (folder / MATRICES).write_bytes(self.matrices)


class Parts:
    """Collects nodes, small constants and large matrices; nodes name their outputs by operator and number."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}
        self._matrices: dict[str, NDArray[Any]] = {}
        self.inputs: tuple[Tensor, ...] = NEXT_ITEMS_INPUTS

    def node(self, operator: str, *inputs: str, gives: str | None = None, **attributes: Any) -> str:
        """Add a node with one output; return its name."""
        return self.nodes(operator, *inputs, gives=(gives or f"{operator}_{len(self._nodes)}",), **attributes)[0]

    def nodes(self, operator: str, *inputs: str, gives: tuple[str, ...], **attributes: Any) -> tuple[str, ...]:
        """Add a node with several outputs; return their names."""
        self._nodes.append(helper.make_node(operator, list(inputs), list(gives), **attributes))
        return gives

    def filled(self, shape: str, value: np.generic, gives: str | None = None) -> str:
        """A tensor of this shape filled with one value."""
        tensor = numpy_helper.from_array(np.asarray(value).reshape(1), "value")
        return self.node("ConstantOfShape", shape, gives=gives, value=tensor)

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        """A constant within the graph. Raises ValueError if the name is taken."""
        known = self._constants.get(name)
        constant = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        if known is not None and known != constant:
            raise ValueError(f"{name}: two constants of one name")
        self._constants[name] = constant
        return name

    def attributes(self) -> str:
        """The input of codes of attributes, [8] i64, which the graph has only if a model asks for it."""
        self.inputs = (*NEXT_ITEMS_INPUTS, ATTRIBUTES_INPUT)
        return ATTRIBUTES_INPUT.name

    def whole(self, *numbers: int) -> str:
        """A list of whole numbers, [numbers] i64."""
        return self.constant("_".join(("whole", *map(str, numbers))), np.array(numbers, np.int64))

    def matrix(self, name: str, value: NDArray[Any]) -> str:
        """A memory-mapped matrix in `model.data`, little-endian."""
        self._matrices[name] = np.ascontiguousarray(value)
        return name

    def built(self, opset: int) -> Built:
        """The graph of a next-items model. The same parts in the same order give the same bytes."""
        parts = helper.make_graph(
            self._nodes,
            "next_items",
            [_value(tensor) for tensor in self.inputs],
            [_value(tensor) for tensor in NEXT_ITEMS_OUTPUTS],
            [*_external(self._matrices), *self._constants.values()],
        )
        # The producer is part of the bytes, and so of every version: models of before the rename keep theirs.
        model = helper.make_model(
            parts, producer_name="freshet", opset_imports=[helper.make_opsetid("", opset)], ir_version=_IR_VERSION
        )
        return Built(model, _bytes(self._matrices), self.inputs)


def _value(tensor: Tensor) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(tensor.name, _ELEMENT_TYPES[tensor.dtype], list(tensor.shape))


def _external(matrices: Mapping[str, NDArray[Any]]) -> list[TensorProto]:
    tensors, offset = [], 0
    for name, matrix in matrices.items():
        element_type = helper.np_dtype_to_tensor_dtype(matrix.dtype)
        tensor = TensorProto(name=name, data_type=element_type, dims=matrix.shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", MATRICES), ("offset", str(offset)), ("length", str(matrix.nbytes))):
            tensor.external_data.add(key=key, value=value)
        tensors.append(tensor)
        offset += matrix.nbytes + _gap(matrix.nbytes)
    return tensors


def _bytes(matrices: Mapping[str, NDArray[Any]]) -> bytes:
    """The matrices concatenated, each starting at a page boundary."""
    parts = []
    for matrix in matrices.values():
        parts += [matrix.astype(matrix.dtype.newbyteorder("<"), copy=False).tobytes(), bytes(_gap(matrix.nbytes))]
    return b"".join(parts[:-1])


def _gap(length: int) -> int:
    return -length % _PAGE_BYTES
