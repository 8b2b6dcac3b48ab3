"""The same sequence model asked with PyTorch: as it is trained, and as somebody would who counts every operation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from millstream_tools.lab.sequence.model import SequenceModel


@torch.inference_mode()
def every_place(model: SequenceModel, history: Tensor, limit: int) -> Tensor:
    """The idiomatic way: forward, head, top-k; [L] items, oldest first -> [limit] items."""
    scores = model(history[None]) @ model.catalogue().T  # 1 L N
    return _best(scores[0, -1], history, limit)


@torch.inference_mode()
def last_place(model: SequenceModel, history: Tensor, limit: int) -> Tensor:
    """The head for the last place only."""
    return _best(model.catalogue() @ model(history[None])[0, -1], history, limit)


class Pruned(torch.nn.Module):
    """The strong way, for plain attention: the last block's query, feed-forward and norm for the last place only."""

    def __init__(self, model: SequenceModel) -> None:
        super().__init__()
        self._model = model

    def forward(self, history: Tensor) -> Tensor:
        """The scores of all items, [N]."""
        model = self._model
        x = model.item(history) * model.knobs.width**0.5
        if model.place is not None:
            x = x + model.place.weight[: len(history)]
        x = x[None]  # 1 L D
        for block in model.blocks[:-1]:
            x = block(x)
        scores: Tensor = model.catalogue() @ model.norm(self._last(model.blocks[-1], x[0]))[0]
        return scores

    def _last(self, block: Any, x: Tensor) -> Tensor:
        """[L, D] -> [1, D], for one head."""
        places, width = block.before_attention(x), x.shape[1]
        mixed = block.query_key_value
        query = functional.linear(places[-1:], mixed.weight[:width], mixed.bias[:width])
        key, value = functional.linear(places, mixed.weight[width:], mixed.bias[width:]).chunk(2, dim=1)
        weight = torch.softmax(query @ key.T * width**-0.5, dim=1)
        last = x[-1:] + block.out(weight @ value)
        fed: Tensor = last + block.feed(block.before_feeding(last))
        return fed


@torch.inference_mode()
def pruned(scores: Any, history: Tensor, limit: int) -> Tensor:
    """`scores` is a Pruned model, compiled or not."""
    return _best(scores(history), history, limit)


def _best(scores: Tensor, seen: Tensor, limit: int) -> Tensor:
    scores = scores.clone()
    scores[seen] = -torch.inf
    return scores.topk(limit).indices
