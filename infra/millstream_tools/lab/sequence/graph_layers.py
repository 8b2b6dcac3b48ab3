"""The layers that the blocks of the sequence models are made of, as ONNX nodes, for one history.

Shapes at the line ends: L places, M of them that ask, D width, H heads, E = D / H.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from millstream.learning.export.parts import Parts

Weights = Mapping[str, NDArray[np.float32]]
"""The state dict of a SequenceModel."""

EPSILON = 1e-5
"""PyTorch's LayerNorm's."""

BEFORE_ALL = -(2**31)
"""The end of a slice that goes backwards to the beginning."""


class Layers:
    """Adds layers to a graph, by the names that their weights have in the model."""

    def __init__(self, parts: Parts, weights: Weights, heads: int, length: str, last: str) -> None:
        """`length` [1] names the number of places and `last` [1] that number less one."""
        self.parts = parts
        self.weights = weights
        self.heads = heads
        self._length = length
        self._last = last

    def normed(self, x: str, name: str, *, epsilon: float = EPSILON, scale: float = 1.0) -> str:
        """LayerNorm, times `scale`."""
        weight, bias = (
            self.parts.constant(f"{name}.{part}", self.weights[f"{name}.{part}"] * np.float32(scale))
            for part in ("weight", "bias")
        )
        return self.parts.node("LayerNormalization", x, weight, bias, epsilon=epsilon)

    def linear(self, x: str, name: str) -> str:
        """The equivalent of PyTorch's Linear."""
        return self.gemm(x, name, *self.transposed(name))

    def transposed(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The weight [in, out] and bias [out] of a Linear."""
        return self.weights[f"{name}.weight"].T, self.weights[f"{name}.bias"]

    def gemm(self, x: str, name: str, weight: NDArray[np.floating], bias: NDArray[np.floating]) -> str:
        """[M, in] times [in, out], plus [out]."""
        return self.parts.node(
            "Gemm",
            x,
            self.parts.constant(f"{name}.weight", weight.astype(np.float32)),
            self.parts.constant(f"{name}.bias", bias.astype(np.float32)),
        )

    def silu(self, x: str) -> str:
        """X times its sigmoid."""
        return self.parts.node("Mul", x, self.parts.node("Sigmoid", x))

    def split(self, x: str, *names: str) -> tuple[str, ...]:
        """[M, n D] -> n times [M, D]."""
        return self.parts.nodes("Split", x, gives=names, axis=1, num_outputs=len(names))

    def latest(self, x: str) -> str:
        """The last place's, [L, D] -> [1, D]."""
        return self.parts.node("Gather", x, self.parts.whole(-1), axis=0)

    def products(self, q: str, k: str, bias: str, scale: float = 1.0) -> str:
        """Each head's scale q k + bias: [M, D] and [L, D] -> [M, L] for one head, [H, M, L] for more."""
        parts = self.parts
        if self.heads == 1:
            return parts.node("Gemm", q, k, bias, alpha=scale, transB=1)
        q = parts.node("Mul", q, parts.constant(f"times {scale}", np.float32(scale)))
        keys = parts.node("Transpose", self._apart(k), perm=[1, 2, 0])  # H E L
        return parts.node("Add", parts.node("MatMul", self._heads_first(q), keys), bias)

    def read(self, weight: str, v: str) -> str:
        """What is attended to, by the weights [M, L] or [H, M, L] of the places [L, D] -> [M, D]."""
        parts = self.parts
        if self.heads == 1:
            return parts.node("MatMul", weight, v)
        read = parts.node("Transpose", parts.node("MatMul", weight, self._heads_first(v)), perm=[1, 0, 2])  # M H E
        return parts.node("Reshape", read, parts.whole(0, -1))

    def square(self, name: str, whole: NDArray[np.float32]) -> str:
        """The first L rows and columns of [H, window, window]; without H where there is one head."""
        whole = whole[0] if self.heads == 1 else whole
        both = self.parts.node("Concat", self._length, self._length, axis=0)
        axes = self.parts.whole(whole.ndim - 2, whole.ndim - 1)
        return self.parts.node("Slice", self.parts.constant(name, whole), self.parts.whole(0, 0), both, axes)

    def backwards(self, name: str, whole: NDArray[np.float32]) -> str:
        """The first L of [H, window], the last of them first, as a bias for the last place's products."""
        parts = self.parts
        steps = parts.whole(BEFORE_ALL), parts.whole(1), parts.whole(-1)
        back = parts.node("Slice", parts.constant(name, whole), self._last, *steps)  # H L
        return back if self.heads == 1 else parts.node("Unsqueeze", back, parts.whole(1))

    def _heads_first(self, x: str) -> str:
        return self.parts.node("Transpose", self._apart(x), perm=[1, 0, 2])  # H L E

    def _apart(self, x: str) -> str:
        return self.parts.node("Reshape", x, self.parts.whole(0, self.heads, -1))  # L H E
