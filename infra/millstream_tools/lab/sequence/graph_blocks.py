"""The blocks of the sequence models as ONNX nodes. The last block computes only the last position where possible.

Shapes at the line ends as in `graph_layers`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream_tools.lab.sequence.graph_layers import EPSILON, Layers
from millstream_tools.lab.sequence.knobs import Block


class BlockGraph(ABC):
    """Block number `name` of a model, `blocks.0.`, ...; see `model` for what each does."""

    def __init__(self, layers: Layers, name: str, window: int) -> None:
        self._layers = layers
        self._name = name
        self._window = window

    @abstractmethod
    def every(self, x: str) -> str:
        """[L, D] -> [L, D]."""

    @abstractmethod
    def last(self, x: str) -> str:
        """[L, D] -> the last place's, [1, D]."""

    def _named(self, *names: str) -> tuple[str, ...]:
        return tuple(f"{self._name}{name}" for name in names)


class _Merged(NamedTuple):
    """A matrix in the place of two that follow each other, and its bias."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]


class SasrecGraph(BlockGraph):
    """Attention, then feed-forward."""

    def every(self, x: str) -> str:
        """See BlockGraph."""
        layers = self._layers
        mixed = layers.linear(layers.normed(x, f"{self._name}before_attention"), f"{self._name}query_key_value")
        q, k, v = layers.split(mixed, *self._named("q", "k", "v"))
        ahead = np.triu(np.full((1, self._window, self._window), -np.inf, np.float32), 1)
        weight = layers.parts.node("Softmax", layers.products(q, k, layers.square("ahead", ahead), self._scale()))
        read = layers.read(weight, v)  # L D
        return self._fed(self._added(0, x, layers.linear(read, f"{self._name}out")))

    def last(self, x: str) -> str:
        """See BlockGraph. With one query neither keys nor values need be made.

        Query times key is the query, through the key's weights, times the place; the value of what is read is what is
        read of the places, through the value's weights. What is added to all places alike is nothing to the softmax.
        """
        layers, parts, heads = self._layers, self._layers.parts, self._layers.heads
        places = layers.normed(x, f"{self._name}before_attention")  # L D
        query = layers.gemm(layers.latest(places), f"{self._name}asking", *self._asking())  # 1 HD
        query = parts.node("Reshape", query, parts.whole(heads, -1))  # H D
        weight = parts.node("Softmax", parts.node("Gemm", query, places, transB=1))  # H L
        read = parts.node("Reshape", parts.node("MatMul", weight, places), parts.whole(1, -1))  # 1 HD
        read = layers.gemm(read, f"{self._name}reading", *self._reading())  # 1 D
        return self._fed(self._added(0, layers.latest(x), read))

    def _asking(self) -> _Merged:
        """From a place to what its query is times the places, [D, HD]."""
        weight, bias = self._per_head()
        asked = np.einsum("hed,hef->dhf", weight[0], weight[1])
        return _Merged(
            self._scale() * asked.reshape(len(asked), -1),
            self._scale() * np.einsum("he,hef->hf", bias[0], weight[1]).reshape(-1),
        )

    def _reading(self) -> _Merged:
        """From what each head reads of the places to the output, [HD, D]."""
        weight, bias = self._per_head()
        out = self._layers.weights[f"{self._name}out.weight"].astype(np.float64)
        out = out.reshape(len(out), self._layers.heads, -1)  # D H E
        return _Merged(
            np.einsum("hed,ohe->hdo", weight[2], out).reshape(-1, len(out)),
            np.einsum("he,ohe->o", bias[2], out) + self._layers.weights[f"{self._name}out.bias"],
        )

    def _per_head(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Query, key and value: weights [3, H, E, D] and biases [3, H, E]."""
        weight, bias = (
            self._layers.weights[f"{self._name}query_key_value.{part}"].astype(np.float64)
            for part in ("weight", "bias")
        )
        heads = self._layers.heads
        return weight.reshape(3, heads, -1, weight.shape[1]), bias.reshape(3, heads, -1)

    def _scale(self) -> float:
        width = len(self._layers.weights[f"{self._name}query_key_value.weight"]) / 3
        return float((width / self._layers.heads) ** -0.5)

    def _added(self, _: int, x: str, to_add: str) -> str:
        return self._layers.parts.node("Add", x, to_add)

    def _fed(self, x: str) -> str:
        layers = self._layers
        inside = layers.linear(layers.normed(x, f"{self._name}before_feeding"), f"{self._name}feed.0")
        return self._added(1, x, layers.linear(layers.parts.node("Gelu", inside), f"{self._name}feed.2"))


class LigrGraph(SasrecGraph):
    """The same with gates."""

    def _added(self, part: int, x: str, to_add: str) -> str:
        parts = self._layers.parts
        gate = parts.node("Sigmoid", self._layers.linear(x, f"{self._name}gates.{part}"))
        return parts.node("Add", x, parts.node("Mul", gate, to_add))


class HstuGraph(BlockGraph):
    """Attention by SiLU, gated."""

    def every(self, x: str) -> str:
        """See BlockGraph."""
        layers = self._layers
        mixed = layers.silu(layers.linear(layers.normed(x, f"{self._name}before"), f"{self._name}mixed"))
        u, q, k, v = layers.split(mixed, *self._named("u", "q", "k", "v"))
        back = np.maximum(np.arange(self._window)[:, None] - np.arange(self._window), 0)
        bias = layers.square(f"{self._name}distances", layers.weights[f"{self._name}distance"][:, back])
        weight = layers.parts.node("Trilu", layers.silu(layers.products(q, k, bias)), upper=0)
        return self._gated(x, layers.read(weight, v), u)

    def last(self, x: str) -> str:
        """See BlockGraph."""
        layers = self._layers
        places = layers.normed(x, f"{self._name}before")  # L D
        weight, bias = layers.transposed(f"{self._name}mixed")  # D 4D
        half = len(bias) // 2
        own = layers.gemm(layers.latest(places), f"{self._name}own", weight[:, :half], bias[:half])
        every = layers.gemm(places, f"{self._name}every", weight[:, half:], bias[half:])
        u, q = layers.split(layers.silu(own), *self._named("u", "q"))
        k, v = layers.split(layers.silu(every), *self._named("k", "v"))
        bias_back = layers.backwards(f"{self._name}distance", layers.weights[f"{self._name}distance"])
        return self._gated(layers.latest(x), layers.read(layers.silu(layers.products(q, k, bias_back)), v), u)

    def _gated(self, x: str, read: str, u: str) -> str:
        layers = self._layers
        # The model divides by the window before this norm, which is the same as a larger epsilon.
        read = layers.normed(read, f"{self._name}after", epsilon=EPSILON * self._window**2)
        return layers.parts.node("Add", x, layers.linear(layers.parts.node("Mul", read, u), f"{self._name}out"))


class GruGraph(BlockGraph):
    """A recurrent layer, which must go through every place whether or not all are wanted."""

    def every(self, x: str) -> str:
        """See BlockGraph."""
        parts = self._layers.parts
        every, _ = self._recurrent(x)
        return parts.node("Add", x, parts.node("Squeeze", every, parts.whole(1, 2)))

    def last(self, x: str) -> str:
        """See BlockGraph."""
        parts = self._layers.parts
        _, last = self._recurrent(x)
        return parts.node("Add", self._layers.latest(x), parts.node("Squeeze", last, parts.whole(0)))

    def _recurrent(self, x: str) -> tuple[str, ...]:
        """[L, D] -> [L, 1, 1, D] and [1, 1, D]."""
        parts = self._layers.parts
        gates = {
            name: _update_first(self._layers.weights[f"{self._name}read.{name}_l0"])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        bias = np.concatenate([gates["bias_ih"], gates["bias_hh"]])
        return parts.nodes(
            "GRU",
            parts.node("Unsqueeze", x, parts.whole(1)),
            parts.constant(f"{self._name}input", gates["weight_ih"][None]),
            parts.constant(f"{self._name}recurrent", gates["weight_hh"][None]),
            parts.constant(f"{self._name}bias", bias[None]),
            gives=self._named("states", "state"),
            hidden_size=gates["weight_hh"].shape[1],
            linear_before_reset=1,
        )


def _update_first(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """PyTorch has reset, update, new; ONNX has update, reset, new."""
    reset, update, new = np.split(weight, 3)
    return np.concatenate([update, reset, new])


BLOCKS: Mapping[Block, type[BlockGraph]] = {
    "sasrec": SasrecGraph,
    "ligr": LigrGraph,
    "hstu": HstuGraph,
    "gru": GruGraph,
}
