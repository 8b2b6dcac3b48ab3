"""LightGCN: embeddings of users and items, averaged over the interaction graph, layer by layer.

X. He et al., "LightGCN: simplifying and powering graph convolution network for recommendation", SIGIR 2020,
https://arxiv.org/abs/2002.02126. With N(x) the neighbours of x, a layer is
    e(k+1)(x) = sum over y in N(x) of e(k)(y) / sqrt(|N(x)| |N(y)|),
and a user or an item is the mean of its layers 0 to K.

A history need not be one that was fitted: a user's layers 1 to K are sums over the items of the history, so they are
made when it is asked, as the fit would have made them. Layer 0, the user's own embedding, is what only a fitted user
has; it is left out for all, so that the same history is answered alike. What is left of the user is
    sum over i in h of weight(i) (e(0)(i) + ... + e(K-1)(i)) / sqrt(|N(i)|),
up to a factor that ranks nothing, and so the model is one vector to ask with and one to answer with for each item.
Needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.bars import bar
from millstream_tools.lab.models.matrices import Sparse, user_item, weighted


@dataclass(frozen=True)
class LightGcnKnobs:
    """The paper's, and what of a history it is asked with."""

    factors: int = 64
    """Numbers an embedding has."""

    layers: int = 2
    """The number of propagation layers. The paper has 3; on MovieLens-1M 2 learned faster."""

    regularization: float = 1e-4
    """Pulls the embeddings of what is in a step to zero."""

    epochs: int = 20
    """Passes over the pairs of a user and an item."""

    batch: int = 65_536
    """Pairs in a step. Each step propagates through the whole graph, so few and large ones are cheapest."""

    learning_rate: float = 0.1
    """Of Adam: larger than the paper's 0.001, as the batches are."""

    last: int | None = None
    """A history asks with its latest so many items; None: with all of them."""

    decay: float = 1.0
    """The factor by which each earlier item of a history counts less than the next; 1: all equal, as in the paper."""

    def __post_init__(self) -> None:
        whole(self, "factors", "layers", "epochs", "batch")
        between(self, "regularization")
        between(self, "learning_rate", above=0.0)
        between(self, "decay", above=0.0, most=1.0)
        if self.last is not None:
            whole(self, "last")


class LightGcn(RanksByScore):
    """score(h -> j) = sum over i in h of weight(i) asking(i) . answering(j)."""

    name = "lightgcn"

    def __init__(self, knobs: LightGcnKnobs | None = None) -> None:
        self.knobs = knobs or LightGcnKnobs()
        self._asking = np.empty((0, 1))
        self._answering = np.empty((0, 1))

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        knobs, touched = self.knobs, user_item(train)
        users, items = touched.shape
        pairs = torch.from_numpy(np.stack(touched.nonzero()).astype(np.int64))  # 2 P, ascending
        known = pairs[0] * items + pairs[1]  # P
        graph = _normalised(touched)
        draw = torch.Generator().manual_seed(seed)
        own = torch.nn.Parameter(0.1 * torch.randn(users + items, knobs.factors, generator=draw))
        optimiser = torch.optim.Adam([own], knobs.learning_rate)
        for _ in bar(range(knobs.epochs), desc="lightgcn"):
            for step in torch.split(torch.randperm(pairs.shape[1], generator=draw), knobs.batch):
                user, liked = pairs[:, step]
                other = torch.randint(items, user.shape, generator=draw)
                drawn = user * items + other
                # An item that the user touched, too, says nothing.
                apart = known[torch.searchsorted(known, drawn).clamp(max=len(known) - 1)] != drawn
                rows = torch.stack([user, users + liked, users + other])[:, apart]  # 3 b
                optimiser.zero_grad()
                _loss(own, graph, rows, knobs).backward()  # type: ignore[no-untyped-call]
                optimiser.step()
        self._asking, self._answering = _vectors(_layers(graph, own.detach().double().numpy(), knobs.layers), touched)

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        asked = weighted(histories, len(self._asking), self.knobs.last, self.knobs.decay)
        return np.asarray((asked @ self._asking) @ self._answering.T)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"asking": self._asking, "answering": self._answering})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(LightGcnKnobs, knobs))
        model._asking, model._answering = arrays["asking"], arrays["answering"]
        return model


def _loss(own: Tensor, graph: Sparse, rows: Tensor, knobs: LightGcnKnobs) -> Tensor:
    """BPR's loss of [3, b] users, items that they touched, and other items; and the pull to zero."""
    user, liked, other = _Propagated.apply(own, graph, knobs.layers)[rows]  # type: ignore[no-untyped-call]  # each b D
    ranked = functional.softplus((user * (other - liked)).sum(dim=1)).mean()
    size = own.square().sum(dim=1)[rows].sum() / (2 * rows.shape[1])
    loss: Tensor = ranked + knobs.regularization * size
    return loss


class _Propagated(torch.autograd.Function):
    """The mean of the layers, [N, D] -> [N, D]: a symmetric matrix times the embeddings, so the gradient is alike."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, graph: Sparse, layers: int) -> Tensor:
        """See the class."""
        ctx.graph, ctx.layers = graph, layers
        return torch.from_numpy(np.mean(_layers(graph, own.numpy(), layers), axis=0))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """See the class."""
        return _Propagated.forward(ctx, gradients[0], ctx.graph, ctx.layers), None, None


def _layers(graph: Sparse, own: NDArray[Any], layers: int) -> list[NDArray[Any]]:
    """Layers 0 to K of all embeddings, each [N, D]."""
    made = [own]
    for _ in range(layers):
        made.append(graph @ made[-1])
    return made


def _vectors(layers: Sequence[Floats], touched: Sparse) -> tuple[Floats, Floats]:
    """What each item asks with and answers with, each [items, D], of the layers of users, then items."""
    users = touched.shape[0]
    neighbours = np.maximum(touched.sum(axis=0), 1.0)[:, None]
    asking = np.sum([layer[users:] for layer in layers[:-1]], axis=0) / np.sqrt(neighbours)
    return asking, np.mean([layer[users:] for layer in layers], axis=0)


def _normalised(touched: Sparse) -> Sparse:
    """The graph of users, then items, [N, N]: 1 / sqrt(|N(x)| |N(y)|) between neighbours."""
    graph = sparse.block_array([[None, touched], [touched.T, None]]).tocsr().astype(np.float32)
    neighbours = np.diff(graph.indptr)
    graph.data /= np.sqrt(neighbours.repeat(neighbours) * neighbours[graph.indices])
    return graph
