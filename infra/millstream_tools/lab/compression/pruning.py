"""Structured pruning: attention heads and channels, feed-forward channels and places of the width are cut out whole.

The rest is shaped as before, so it is trained on, saved and exported like any sequence model.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.knobs import between, whole
from millstream.learning.interactions import Ints
from millstream_tools.lab.compression.importance import Effects, effects
from millstream_tools.lab.sequence.model import HstuBlock, SasrecBlock, SequenceModel
from millstream_tools.lab.sequence.recommender import SequenceRecommender
from millstream_tools.lab.sequence.training import train


@dataclass(frozen=True)
class PruneKnobs:
    """The fraction of each part that is kept; 1 keeps all. Heads are kept in whole numbers, at least one."""

    heads: float = 1.0
    attention: float = 0.5
    """Of the channels of each head that is kept."""

    feed_forward: float = 0.5
    """Of the channels inside the feed-forward layer; hstu has none."""

    width: float = 1.0
    """Of the places of the width: items get shorter, too."""

    epochs: int = 2
    """Of training after the cut; 0 for none."""

    learning_rate: float = 3e-4
    batches: int = 40
    """From which importance is read."""

    def __post_init__(self) -> None:
        for name in ("heads", "attention", "feed_forward", "width"):
            between(self, name, above=0.0, most=1.0)
        whole(self, "epochs", least=0)
        whole(self, "batches")
        between(self, "learning_rate", above=0.0)


def pruned(
    whole_model: SequenceRecommender,
    histories: Sequence[Ints],
    knobs: PruneKnobs,
    seed: int,
    keep_in: Path | None = None,
) -> SequenceRecommender:
    """A smaller model, trained on for `epochs` on the histories; the one that is given stays as it is."""
    model = copy.deepcopy(whole_model.fitted())
    if not all(isinstance(block, SasrecBlock | HstuBlock) for block in model.blocks):
        raise InvalidInputError("block", "sasrec, ligr or hstu", whole_model.knobs.block)
    found = effects(model, [history for history in histories if len(history) > 1], knobs.batches, seed)
    small = _cut(model, found, knobs)
    result = SequenceRecommender(small.knobs)
    if knobs.epochs:
        tuning = replace(small.knobs, epochs=knobs.epochs, learning_rate=knobs.learning_rate)
        trained = train(histories, small.padding, tuning, seed, keep_in, start=small)
        small, result.history = trained.model.cpu(), trained.history
    result.model = small.eval()
    return result


def _cut(model: SequenceModel, found: Effects, knobs: PruneKnobs) -> SequenceModel:
    """The model without what matters least."""
    heads = _count(model.knobs.heads, knobs.heads)
    width = _best(found.width, heads * _count(model.knobs.width // heads, knobs.width))
    small = SequenceModel(replace(model.knobs, width=len(width), heads=heads), model.padding)
    # Embeddings are multiplied by the root of the width, and shall weigh as much beside the rest as before.
    scale = 1.0 if model.place is None else math.sqrt(len(width) / model.knobs.width)
    with torch.no_grad():
        small.item.weight.copy_(model.item.weight[:, width])
        if model.place is not None and small.place is not None:
            small.place.weight.copy_(model.place.weight[:, width] * scale)
        small.norm = _norm(model.norm, width)
        for number, block in enumerate(cast("Sequence[SasrecBlock | HstuBlock]", model.blocks)):
            value, query = _channels(found.value[number], found.query[number], model.knobs.heads, heads, knobs)
            if isinstance(block, SasrecBlock):
                inside = _best(found.inside[number], _count(found.inside[number].shape[1], knobs.feed_forward))
                small.blocks[number] = _cut_sasrec(block, width, query, value, inside, heads, scale)
            else:
                small.blocks[number] = _cut_hstu(block, width, query, value, heads)
    return small


def _channels(value: Tensor, query: Tensor, had: int, heads: int, knobs: PruneKnobs) -> tuple[Ints, Ints]:
    """The channels to read and to ask by that stay, each head's together and as many in each."""
    of_head = value.view(len(value), had, -1)  # b H E
    kept = _best(of_head.sum(dim=2), heads)
    size = of_head.shape[2]
    count = _count(size, knobs.attention)
    asked = query.view(len(query), had, -1)
    return (
        np.concatenate([head * size + _best(of_head[:, head], count) for head in kept]),
        np.concatenate([head * size + _best(asked[:, head], count) for head in kept]),
    )


def _cut_sasrec(
    block: SasrecBlock, width: Ints, query: Ints, value: Ints, inside: Ints, heads: int, scale: float
) -> SasrecBlock:
    small = copy.deepcopy(block)
    small.heads = heads
    channels = block.out.in_features
    mixed = _linear(block.query_key_value, np.concatenate([query, channels + query, 2 * channels + value]), width)
    # Scores of attention are divided by the root of a head's channels, of which there are fewer now.
    rooted = math.sqrt(len(query) / heads / (channels / block.heads))
    mixed.weight[: len(query)] *= rooted
    mixed.bias[: len(query)] *= rooted
    small.query_key_value = mixed
    small.out = _scaled(_linear(block.out, width, value), scale)
    small.feed = nn.Sequential(
        _linear(cast("nn.Linear", block.feed[0]), inside, width),
        nn.GELU(),
        _scaled(_linear(cast("nn.Linear", block.feed[2]), width, inside), scale),
    )
    small.before_attention, small.before_feeding = (
        _norm(block.before_attention, width),
        _norm(block.before_feeding, width),
    )
    small.gates = nn.ModuleList(_divided(_linear(cast("nn.Linear", gate), width, width), scale) for gate in block.gates)
    return small


def _cut_hstu(block: HstuBlock, width: Ints, query: Ints, value: Ints, heads: int) -> HstuBlock:
    small = copy.deepcopy(block)
    small.heads = heads
    channels = block.out.in_features
    rows = np.concatenate([value, channels + query, 2 * channels + query, 3 * channels + value])
    small.mixed = _linear(block.mixed, rows, width)
    small.before, small.after = _norm(block.before, width), _norm(block.after, value)
    kept = np.unique(value // (channels // block.heads))
    small.distance = nn.Parameter(block.distance[torch.from_numpy(kept)].clone())
    small.out = _linear(block.out, width, value)
    return small


def _linear(layer: nn.Linear, rows: Ints, columns: Ints) -> nn.Linear:
    small = nn.Linear(len(columns), len(rows))
    small.weight.copy_(layer.weight[rows][:, columns])
    small.bias.copy_(layer.bias[rows])
    return small


def _norm(norm: nn.LayerNorm, places: Ints) -> nn.LayerNorm:
    small = nn.LayerNorm(len(places))
    small.weight.copy_(norm.weight[places])
    small.bias.copy_(norm.bias[places])
    return small


def _scaled(layer: nn.Linear, scale: float) -> nn.Linear:
    """What it gives, times the scale."""
    layer.weight.mul_(scale)
    layer.bias.mul_(scale)
    return layer


def _divided(layer: nn.Linear, scale: float) -> nn.Linear:
    """What it gives for inputs that are the scale times larger."""
    layer.weight.div_(scale)
    return layer


def _best(found: Tensor, count: int) -> Ints:
    """The parts [count] with the largest mean effect, in their order; of b batches, [b, n]."""
    mean = found.abs().mean(dim=0).double().numpy()
    return np.sort(np.argsort(-mean, kind="stable")[:count])


def _count(parts: int, share: float) -> int:
    return max(1, round(parts * share))
