"""What a sequence model computes, in plain numpy: graph and model are tested against it, and it shows what they mean.

Shapes at the line ends: L places, D width, H heads, E = D / H, N items, T items of the tail, K items that are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf

import numpy as np

from millstream.learning.interactions import Floats, Ints
from millstream_tools.lab.sequence.graph_layers import EPSILON, Weights
from millstream_tools.lab.sequence.knobs import Block, SequenceKnobs
from tests.references.answers import NextItems


def next_items(knobs: SequenceKnobs, weights: Weights, tail: Ints, excluded: Ints, limit: int) -> NextItems:
    """The best next items; inputs as in `scoring.signature.NEXT_ITEMS_INPUTS`. See `graph.graph` for the outputs."""
    places = np.flatnonzero(tail >= 0)[: knobs.window]
    if not len(places):
        return NextItems(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64))
    scores = scored(knobs, weights, tail[places[::-1]])
    scores[excluded[excluded >= 0]] = -np.inf
    order = np.argsort(-scores, kind="stable")[:limit]
    items = order[scores[order] > -np.inf]
    rows = weights["item.weight"].astype(np.float64)
    likeness = rows[items] @ _unit(rows[tail[places]]).T  # K L
    because = places[likeness.argmax(axis=1)] if len(items) else places[:0]
    beside_the_best = np.exp(scores[items] - scores[items[:1]])
    return NextItems(items, np.maximum(beside_the_best, np.finfo(np.float32).tiny).astype(np.float32), because)


def scored(knobs: SequenceKnobs, weights: Weights, history: Ints) -> Floats:
    """The score of every item after a history of at most `window` items, oldest first, [L] -> [N]."""
    wide = {name: weight.astype(np.float64) for name, weight in weights.items()}
    x = wide["item.weight"][history]  # L D
    if "place.weight" in wide:
        x = x * knobs.width**0.5 + wide["place.weight"][: len(history)]
    for number in range(knobs.blocks):
        x = _BLOCKS[knobs.block](_Named(wide, f"blocks.{number}."), knobs, x)
    state = _normed(_Named(wide, ""), "norm", x[-1:])[0]  # D
    rows = wide["item.weight"][:-1]  # N D
    if knobs.temperature is None:
        return np.asarray(rows @ state)
    return np.asarray(_unit(rows) @ _unit(state) / knobs.temperature)


class _Named:
    """The weights whose names begin in the same way."""

    def __init__(self, weights: Mapping[str, Floats], prefix: str) -> None:
        self._weights = weights
        self._prefix = prefix

    def __getitem__(self, name: str) -> Floats:
        return self._weights[self._prefix + name]


def _sasrec(block: _Named, knobs: SequenceKnobs, x: Floats) -> Floats:
    q, k, v = _heads(_linear(block, "query_key_value", _normed(block, "before_attention", x)), 3, knobs.heads)
    likeness = q @ k.transpose(0, 2, 1) / q.shape[-1] ** 0.5  # H L L
    read = _softmax(np.where(_seen(len(x)), likeness, -np.inf)) @ v  # H L E
    x = _added(block, knobs, 0, x, _linear(block, "out", _together(read)))
    inside = _linear(block, "feed.0", _normed(block, "before_feeding", x))
    return _added(block, knobs, 1, x, _linear(block, "feed.2", inside * (1 + _erf(inside / 2**0.5)) / 2))


def _hstu(block: _Named, knobs: SequenceKnobs, x: Floats) -> Floats:
    u, q, k, v = _heads(_silu(_linear(block, "mixed", _normed(block, "before", x))), 4, knobs.heads)
    back = np.arange(len(x))[:, None] - np.arange(len(x))  # L L
    bias = block["distance"][:, np.maximum(back, 0)]  # H L L
    weight = np.where(_seen(len(x)), _silu(q @ k.transpose(0, 2, 1) + bias), 0) / knobs.window
    return x + _linear(block, "out", _normed(block, "after", _together(weight @ v)) * _together(u))


def _gru(block: _Named, _: SequenceKnobs, x: Floats) -> Floats:
    state, states = np.zeros(x.shape[1]), []
    for one in x:
        inputs = np.split(block["read.weight_ih_l0"] @ one + block["read.bias_ih_l0"], 3)
        recurrent = np.split(block["read.weight_hh_l0"] @ state + block["read.bias_hh_l0"], 3)
        reset, update = _sigmoid(inputs[0] + recurrent[0]), _sigmoid(inputs[1] + recurrent[1])
        state = (1 - update) * np.tanh(inputs[2] + reset * recurrent[2]) + update * state
        states.append(state)
    return np.asarray(x + np.array(states))


_BLOCKS: Mapping[Block, Callable[[_Named, SequenceKnobs, Floats], Floats]] = {
    "sasrec": _sasrec,
    "ligr": _sasrec,
    "hstu": _hstu,
    "gru": _gru,
}


def _added(block: _Named, knobs: SequenceKnobs, part: int, x: Floats, to_add: Floats) -> Floats:
    return x + (_sigmoid(_linear(block, f"gates.{part}", x)) * to_add if knobs.block == "ligr" else to_add)


def _linear(block: _Named, name: str, x: Floats) -> Floats:
    return np.asarray(x @ block[f"{name}.weight"].T + block[f"{name}.bias"])


def _normed(block: _Named, name: str, x: Floats) -> Floats:
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + EPSILON)
    return np.asarray((x - x.mean(axis=-1, keepdims=True)) / spread * block[f"{name}.weight"] + block[f"{name}.bias"])


def _heads(x: Floats, parts: int, heads: int) -> list[Floats]:
    """[L, parts D] -> parts times [H, L, E]."""
    return [part.reshape(len(x), heads, -1).transpose(1, 0, 2) for part in np.split(x, parts, axis=1)]


def _together(x: Floats) -> Floats:
    """[H, L, E] -> [L, D]."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def _seen(length: int) -> Floats:
    """What each place sees: itself and those before it, [L, L]."""
    return np.tri(length, dtype=np.bool_)


def _softmax(x: Floats) -> Floats:
    share = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(share / share.sum(axis=-1, keepdims=True))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def _silu(x: Floats) -> Floats:
    return x * _sigmoid(x)


def _unit(x: Floats) -> Floats:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), np.finfo(np.float32).tiny))


_erf = np.vectorize(erf, otypes=[np.float64])
