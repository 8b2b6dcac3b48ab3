"""What every model can do. `tests/contract/recommender_suite.py` says what each of them promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from millstream.domain.log.kinds import LEARNED
from millstream.learning.evaluation.ranking import best, without
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream.learning.stopwatch import Seconds


class Recommender(Protocol):
    """Fits on interactions and ranks the whole catalogue, the items of `Interactions.items`, for any histories.

    Items are codes, indices into that catalogue. A history is a user's items, oldest first; it need not be one that
    the model was fitted on, and it may be empty. Scores are comparable within a row only.
    """

    name: str

    def fit(self, train: Interactions, seed: int) -> None:
        """Learn from `train` alone, whatever was learned before; the same seed gives the same scores."""

    def score(self, histories: Sequence[Ints]) -> Floats:
        """How well each item would come next, [histories, items], higher is better; every number is finite."""

    def recommend(self, histories: Sequence[Ints], k: int, exclude_seen: bool) -> Ints:
        """The best k items of each history, best first, [histories, k].

        Where a history leaves fewer than k items the row ends with `evaluation.ranking.NOTHING`.
        """

    def save(self, folder: Path) -> None:
        """Write what was learned into the folder, which is made if need be."""

    def card_knobs(self) -> Mapping[str, Any]:
        """How it is fitted, as a model's card tells."""


LoadModel = Callable[[str, Path], Recommender]
"""A model of the named family that was saved in a folder. Raises InvalidInputError if another kind of model was."""


@runtime_checkable
class Updatable(Protocol):
    """A model that learns from one more event at once, as `fit` would have from the longer history."""

    def update(self, user: int, item: int) -> None:
        """The user did something with the item, after everything known before; a user never seen is a new one."""


@runtime_checkable
class Resumable(Protocol):
    """A model that takes long to fit: its `fit` keeps checkpoints and goes on from them after a kill."""

    spent_before: Seconds
    """Of the last fit, what earlier processes had done."""

    def keep_in(self, folder: Path) -> None:
        """Keep checkpoints below the folder, each fit's by its data, knobs and seed, so that none meets another's."""


def rows_for(model: Recommender, train: Interactions) -> Interactions:
    """What the model is fitted on: what says that a user likes an item, and rejections where the model reads them.

    What was rejected never counts for an item.
    """
    if getattr(model, "reads_rejections", False):
        return train
    return train.select(np.isin(train.kind, [int(kind) for kind in LEARNED]))


class RanksByScore(ABC):
    """The `recommend` of a model whose recommendations are its best scores: all that are here."""

    knobs: Any
    """A dataclass."""

    @abstractmethod
    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""

    def card_knobs(self) -> Mapping[str, Any]:
        """See Recommender."""
        return asdict(self.knobs)

    def recommend(self, histories: Sequence[Ints], k: int, exclude_seen: bool) -> Ints:
        """See Recommender."""
        scores = self.score(histories)
        return best(without(scores, histories) if exclude_seen else scores, k)
