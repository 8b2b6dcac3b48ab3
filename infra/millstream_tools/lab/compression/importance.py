"""The importance of a model's parts, to the first order: the change of the loss if a part were scaled.

It is read from the gradients of the weights. P. Molchanov et al., CVPR 2019, https://arxiv.org/abs/1906.10771;
P. Michel et al., NeurIPS 2019, https://arxiv.org/abs/1905.10650. D width, H heads, E channels of a head, A = H E.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from millstream.learning.interactions import Ints
from millstream_tools.lab.sequence.batches import batches_of_an_epoch
from millstream_tools.lab.sequence.losses import summed_loss
from millstream_tools.lab.sequence.model import HstuBlock, SasrecBlock, SequenceModel

_IN_A_BATCH = 16


class Effects(NamedTuple):
    """The first-order change of the loss if a part were scaled; one row per batch, b batches."""

    width: Tensor
    """[b, D]"""

    query: list[Tensor]
    """[b, A] for each block: the channels by which a place is asked and told apart."""

    value: list[Tensor]
    """[b, A] for each block: the channels that are read."""

    inside: list[Tensor]
    """[b, inside] for each block: of the feed-forward layer; none in hstu."""


def effects(model: SequenceModel, histories: Sequence[Ints], count: int, seed: int) -> Effects:
    """Of `count` batches of the histories, at most, on a model of sasrec, ligr or hstu."""
    draw = np.random.default_rng((seed, 4))
    negatives = torch.Generator().manual_seed(seed)
    batches = batches_of_an_epoch(histories, model.knobs.window, _IN_A_BATCH, model.padding, draw)[:count]
    model.eval()
    found = []
    for batch in batches:
        wanted = batch.target != model.padding
        states = model(batch.history)[wanted]
        model.zero_grad(set_to_none=True)
        loss = summed_loss(model.knobs, states, model.catalogue(), batch.target[wanted], negatives)
        (loss / len(states)).backward()  # type: ignore[no-untyped-call]
        found.append(_effects_of_a_batch(model))
    model.zero_grad(set_to_none=True)
    by_block = [[torch.stack(rows) for rows in zip(*lists, strict=True)] for lists in zip(*found, strict=True)]
    return Effects(by_block[0][0], *by_block[1:])


def _effects_of_a_batch(model: SequenceModel) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    """The fields of `Effects`, a row of each."""
    query, value, inside = [], [], []
    width = _moved(model.item.weight).sum(dim=0)
    if model.place is not None:
        width += _moved(model.place.weight).sum(dim=0)
    for block in cast("Sequence[SasrecBlock | HstuBlock]", model.blocks):
        channels = block.out.in_features
        if isinstance(block, SasrecBlock):
            mixed, asked, fed = block.query_key_value, slice(channels), [cast("nn.Linear", block.feed[2])]
        else:
            mixed, asked, fed = block.mixed, slice(channels, 2 * channels), []
        query.append((_moved(mixed.weight).sum(dim=1) + _moved(mixed.bias))[asked])
        value.append(_moved(block.out.weight).sum(dim=0))
        inside += [_moved(out.weight).sum(dim=0) for out in fed]
        for out in (block.out, *fed):
            width += _moved(out.weight).sum(dim=1) + _moved(out.bias)
    return [width], query, value, inside


def _moved(weight: Tensor) -> Tensor:
    """The importance of each number."""
    if weight.grad is None:
        raise RuntimeError("the loss does not depend on a weight that is to be judged")
    return weight.detach() * weight.grad
