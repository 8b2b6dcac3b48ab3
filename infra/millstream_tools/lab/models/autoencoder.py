"""Mult-VAE and Mult-DAE: a history as a bag of items through a narrow layer and back, as a multinomial over all items.

D. Liang et al., "Variational autoencoders for collaborative filtering", WWW 2018, https://arxiv.org/abs/1802.05814.
The paper gives back the bag that went in. With `ahead` the model is asked in the fit for what it is asked for later:
what came next. Needs PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from millstream.learning.evaluation.questions import check_choice
from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.bars import bar
from millstream_tools.lab.models.matrices import Sparse, weighted

Kind = Literal["vae", "dae"]
"""vae: the narrow layer is drawn from a normal, which is pulled to the standard one. dae: the encoder says it."""


@dataclass(frozen=True)
class AutoencoderKnobs:
    """The model's, and how it is trained."""

    kind: Kind = "vae"
    latent: int = 200
    """Width of the narrow layer."""

    hidden: int = 600
    """Width of the layer on either side of it; 0: there is none, which the paper found better for the dae."""

    dropout: float = 0.5
    """Share of a bag that is hidden from the encoder."""

    pull: float = 0.2
    """Weight of the vae's divergence from the standard normal at its most: the paper's beta. It grows evenly from 0."""

    pull_epochs: int = 30
    """Epochs in which it grows."""

    last: int | None = None
    """A history asks with its latest so many items; None: with all of them, as in the paper."""

    decay: float = 1.0
    """The factor by which each earlier item of a history counts less than the next; 1: all equal, as in the paper."""

    ahead: int | None = None
    """None: the fit has whole histories give back themselves, even ones, as in the paper. A number: it asks, with what
    `last` and `decay` leave of a history up to a drawn place, for the so many items that came next."""

    epochs: int = 60
    """Passes over the users."""

    batch: int = 250
    """Users in a step."""

    learning_rate: float = 1e-3
    """Of Adam, at the beginning; it falls evenly to 0."""

    def __post_init__(self) -> None:
        check_choice("kind", get_args(Kind), self.kind)
        whole(self, "latent", "pull_epochs", "epochs", "batch")
        whole(self, "hidden", least=0)
        between(self, "dropout", most=1.0)
        between(self, "pull")
        between(self, "decay", above=0.0, most=1.0)
        between(self, "learning_rate", above=0.0)
        for name in ("last", "ahead"):
            if getattr(self, name) is not None:
                whole(self, name)


class _Network(nn.Module):
    """B bags, N items, H hidden, D latent."""

    def __init__(self, knobs: AutoencoderKnobs, items: int) -> None:
        super().__init__()
        self.knobs, self.items = knobs, items
        out = knobs.latent * (2 if knobs.kind == "vae" else 1)
        self.encoder = _layers(items, knobs.hidden, out)
        self.decoder = _layers(knobs.latent, knobs.hidden, items)
        self.dropout = nn.Dropout(knobs.dropout)

    def forward(self, bags: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of all items, [B, N] -> [B, N], and how far each bag's normal is from the standard one, [B]."""
        code = self.encoder(self.dropout(functional.normalize(bags)))  # B D, or B 2D
        if self.knobs.kind == "dae":
            return self.decoder(torch.tanh(code)), torch.zeros(len(bags))
        mean, log_variance = code.chunk(2, dim=1)  # B D
        apart = (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2  # B
        if self.training:
            mean = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return self.decoder(mean), apart


class Autoencoder(RanksByScore):
    """score(h -> j) = the logit of j for h's bag; an empty history is an empty bag."""

    name = "autoencoder"

    def __init__(self, knobs: AutoencoderKnobs | None = None) -> None:
        self.knobs = knobs or AutoencoderKnobs()
        self._network = _Network(self.knobs, 1)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        knobs, draw = self.knobs, np.random.default_rng(seed)
        torch.manual_seed(seed)
        self._network = _Network(knobs, len(train.items)).train()
        optimiser = torch.optim.Adam(self._network.parameters(), knobs.learning_rate)
        histories = [history for history in train.histories() if len(history) > (knobs.ahead is not None)]
        steps = range(0, len(histories), knobs.batch)
        for epoch in bar(range(knobs.epochs), desc="autoencoder"):
            order = draw.permutation(len(histories))
            for start in steps:
                drawn = [histories[user] for user in order[start : start + knobs.batch]]
                done = epoch + start / len(histories)  # epochs
                optimiser.param_groups[0]["lr"] = knobs.learning_rate * (1 - done / knobs.epochs)
                loss = self._loss(drawn, knobs.pull * min(1.0, done / knobs.pull_epochs), draw)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
        self._network.eval()

    @torch.inference_mode()
    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        logits: Tensor = self._network(self._bags(histories))[0]
        return logits.double().numpy()

    def save(self, folder: Path) -> None:
        """See Recommender."""
        weights = {name: weight.numpy() for name, weight in self._network.state_dict().items()}
        stored.save(folder, self.name, self.knobs, weights)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(AutoencoderKnobs, knobs))
        model._network = _Network(model.knobs, len(arrays[f"decoder.{2 if model.knobs.hidden else 0}.bias"])).eval()
        model._network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return model

    def _loss(self, histories: Sequence[Ints], pull: float, draw: np.random.Generator) -> Tensor:
        """The mean over the histories of what is minimised."""
        knobs, items = self.knobs, self._network.items
        if knobs.ahead is None:
            bags = targets = _dense(weighted(histories, items))
        else:
            cut = [(history, int(draw.integers(1, len(history)))) for history in histories]
            bags = self._bags([history[:place] for history, place in cut])
            targets = _dense(weighted([history[place : place + knobs.ahead] for history, place in cut], items))
        logits, apart = self._network(bags)
        loss: Tensor = -(functional.log_softmax(logits, dim=1) * targets).sum(dim=1).mean() + pull * apart.mean()
        return loss

    def _bags(self, histories: Sequence[Ints]) -> Tensor:
        """[histories, items]."""
        return _dense(weighted(histories, self._network.items, self.knobs.last, self.knobs.decay))


def _layers(width: int, hidden: int, out: int) -> nn.Sequential:
    if not hidden:
        return nn.Sequential(nn.Linear(width, out))
    return nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, out))


def _dense(matrix: Sparse) -> Tensor:
    return torch.from_numpy(matrix.astype(np.float32).toarray())
