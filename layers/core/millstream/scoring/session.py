"""Open ONNX graphs with a start-up time that does not depend on the size of the matrices."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from millstream.domain.errors import InvalidInputError
from millstream.scoring.model_folder import GRAPH
from millstream.scoring.signature import Signature, Tensor

_ERRORS_ONLY = 3
_DTYPES = {"tensor(int64)": "int64", "tensor(float)": "float32"}


def open_session(folder: Path) -> onnxruntime.InferenceSession:
    """A session over the folder's graph, one thread. Raises InvalidInputError if the runtime cannot read it.

    Optimisation and prepacking are off: they copy the matrices, which takes time at the start (254 ms for 100 MB) and
    does not make these graphs faster. Memory patterns are off because the shapes differ between requests.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_mem_pattern = False
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.disable_prepacking", "1")
    try:
        return onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InvalidInputError(f"{folder.name}/{GRAPH}", "a graph that onnxruntime can open", error) from error


def check_session(session: onnxruntime.InferenceSession, signature: Signature) -> None:
    """Raise InvalidInputError unless the graph's inputs and outputs match the signature."""
    for part, nodes, tensors in (
        ("inputs", session.get_inputs(), signature.inputs),
        ("outputs", session.get_outputs(), signature.outputs),
    ):
        found = tuple(Tensor(node.name, _DTYPES.get(node.type, node.type), tuple(node.shape)) for node in nodes)
        if found != tensors:
            raise InvalidInputError(f"{GRAPH}: {part}", f"as signed, {list(tensors)}", list(found))
