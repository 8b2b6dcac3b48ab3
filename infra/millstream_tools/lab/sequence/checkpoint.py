"""Training checkpoints, written atomically after each epoch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.sequence.knobs import SequenceKnobs

_FILE = "checkpoint.pt"


@dataclass
class Progress:
    """The state of a training. Everything that is drawn depends on the seed and the epoch only, so no drawn state."""

    epoch: int
    best: float
    best_epoch: int
    best_weights: dict[str, torch.Tensor]
    weights: dict[str, torch.Tensor]
    optimiser: dict[str, Any]
    history: list[dict[str, float]]


def write(folder: Path, knobs: SequenceKnobs, seed: int, progress: Progress) -> None:
    """Put the checkpoint in place of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{_FILE}.new"
    torch.save({"knobs": asdict(knobs), "seed": seed, "progress": vars(progress)}, new)
    new.replace(folder / _FILE)


def read(folder: Path, knobs: SequenceKnobs, seed: int) -> Progress | None:
    """The checkpoint, if there is one. Raises InvalidInputError where other knobs or another seed made it."""
    if not (folder / _FILE).exists():
        return None
    content = torch.load(folder / _FILE, weights_only=True)
    made_with = {**content["knobs"], "seed": content["seed"]}
    for name, value in {**asdict(knobs), "seed": seed}.items():
        if made_with.get(name) != value:
            raise InvalidInputError(f"{folder / _FILE}: {name}", str(value), made_with.get(name))
    return Progress(**content["progress"])
