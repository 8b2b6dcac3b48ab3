"""Made-up weights of sequence models, so large that every part of a model matters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs


def made_up(knobs: SequenceKnobs, items: int, seed: int = 0) -> Weights:
    """Weights by the names of `SequenceModel`'s."""
    random, width = np.random.default_rng(seed), knobs.width
    weights: dict[str, NDArray[np.float32]] = {}

    def draw(name: str, *shape: int, spread: float = 0.4, around: float = 0.0) -> None:
        weights[name] = (around + spread * random.standard_normal(shape)).astype(np.float32)

    def norm(name: str) -> None:
        draw(f"{name}.weight", width, around=1.0)
        draw(f"{name}.bias", width)

    def linear(name: str, wide: int, long: int) -> None:
        draw(f"{name}.weight", long, wide, spread=1.5 * wide**-0.5)
        draw(f"{name}.bias", long)

    draw("item.weight", items + 1, width, spread=1.0)
    norm("norm")
    for number in range(knobs.blocks):
        block = f"blocks.{number}."
        if knobs.block == "gru":
            for part in ("ih", "hh"):
                draw(f"{block}read.weight_{part}_l0", 3 * width, width)
                draw(f"{block}read.bias_{part}_l0", 3 * width)
            continue
        if knobs.block == "hstu":
            norm(f"{block}before")
            norm(f"{block}after")
            linear(f"{block}mixed", width, 4 * width)
            draw(f"{block}distance", knobs.heads, knobs.window)
            linear(f"{block}out", width, width)
            continue
        norm(f"{block}before_attention")
        norm(f"{block}before_feeding")
        linear(f"{block}query_key_value", width, 3 * width)
        linear(f"{block}out", width, width)
        linear(f"{block}feed.0", width, knobs.feed_forward * width)
        linear(f"{block}feed.2", knobs.feed_forward * width, width)
        for gate in range(2 if knobs.block == "ligr" else 0):
            linear(f"{block}gates.{gate}", width, width)
    if knobs.block in ("sasrec", "ligr"):
        draw("place.weight", knobs.window, width, spread=1.0)
    return weights
