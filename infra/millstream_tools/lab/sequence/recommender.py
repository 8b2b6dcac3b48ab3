"""A sequence model as one of the lab's recommenders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Self

import numpy as np
import torch

from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import knobs_of
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream.learning.stopwatch import Seconds
from millstream_tools.lab.sequence import training
from millstream_tools.lab.sequence.batches import latest
from millstream_tools.lab.sequence.export import in_order
from millstream_tools.lab.sequence.graph import ServedSequence
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.model import SequenceModel
from millstream_tools.lab.sequence.shapes import model_of

_READ_AT_ONCE = 128


class SequenceRecommender(RanksByScore):
    """Predicts the next item from the latest items in order; an empty history gives all items the same score."""

    name = "sequence"
    once_in_a_graph = True
    """Its constants have fixed names."""

    def __init__(self, knobs: SequenceKnobs | None = None) -> None:
        self.knobs = knobs or SequenceKnobs()
        self.model: SequenceModel | None = None
        self.history: list[dict[str, float]] = []
        self.spent_before = Seconds()
        self._checkpoints: Path | None = None

    def keep_in(self, folder: Path) -> None:
        """See Resumable."""
        self._checkpoints = folder

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        folder = self._checkpoints / _fingerprint(train, self.knobs, seed) if self._checkpoints else None
        trained = training.train(train.histories(), len(train.items), self.knobs, seed, folder)
        self.model, self.history, self.spent_before = trained.model.cpu(), trained.history, trained.spent_before

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of all epochs, each a product of every row with its layers and with the catalogue."""
        del users
        knobs = self.knobs
        compared = items if knobs.loss == "cross_entropy" else knobs.negatives
        return float(2.6e-10 * knobs.epochs * rows * knobs.width * (compared + 6 * knobs.width * knobs.blocks))

    @torch.inference_mode()
    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        model = self.fitted()
        scores = np.zeros((len(histories), model.padding))
        able = [number for number, history in enumerate(histories) if len(history)]
        for start in range(0, len(able), _READ_AT_ONCE):
            part = able[start : start + _READ_AT_ONCE]
            history, length = latest([histories[number] for number in part], self.knobs.window, model.padding)
            scores[part] = (model.last(history, length) @ model.catalogue().T).numpy()
        return scores

    def check_servable(self) -> None:
        """See Servable: all can be."""

    def served(self, place: Ints) -> ServedSequence:
        """See Servable."""
        return ServedSequence(self.knobs, in_order(self.weights(), np.argsort(place)))

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, self.weights())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        loaded = cls(knobs_of(SequenceKnobs, knobs))
        loaded.model = model_of(loaded.knobs, {name: torch.from_numpy(array) for name, array in arrays.items()})
        return loaded

    def weights(self) -> Weights:
        """The fitted weights, for the export."""
        return {name: weight.numpy() for name, weight in self.fitted().state_dict().items()}

    def fitted(self) -> SequenceModel:
        """The model itself. Raises RuntimeError before there is one."""
        if self.model is None:
            raise RuntimeError("fit or load the model before it is asked")
        return self.model


def _fingerprint(train: Interactions, knobs: SequenceKnobs, seed: int) -> str:
    """A name for what a training depends on."""
    told = hashlib.sha256(json.dumps([asdict(knobs), seed, len(train.items)], sort_keys=True).encode())
    for column in (train.user, train.item):
        told.update(column.tobytes())
    return told.hexdigest()[:16]
