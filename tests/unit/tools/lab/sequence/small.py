"""Small trainings: users who walk along a circle of items, so that what comes next can be learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from millstream.learning.interactions import Ints
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.training import Trained, train

ITEMS = 20
SEED = 7
BLOCKS = ("sasrec", "ligr", "hstu", "gru")


def walks(users: int = 41) -> list[Ints]:
    """Two to fourteen steps each, now and then one too far; the number of windows is odd."""
    draw = np.random.default_rng(3)
    lengths = draw.integers(2, 15, size=users)
    return [(user + np.cumsum(draw.choice([1, 2], size=n, p=[0.9, 0.1]))) % ITEMS for user, n in enumerate(lengths)]


def small(**knobs: Any) -> SequenceKnobs:
    """Knobs for a training of less than a second."""
    usual = {"width": 16, "blocks": 1, "window": 6, "batch": 8, "warmup": 2, "learning_rate": 0.02, "epochs": 4}
    return SequenceKnobs(**{**usual, **knobs})


def trained(knobs: SequenceKnobs, seed: int = SEED, keep_in: Path | None = None) -> Trained:
    """A model of the walks."""
    return train(walks(), ITEMS, knobs, seed, keep_in)


def same_weights(one: Trained, other: Trained) -> bool:
    """To the last bit."""
    others = other.model.state_dict()
    return all(torch.equal(weight, others[name]) for name, weight in one.model.state_dict().items())
