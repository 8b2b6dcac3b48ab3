"""The interfaces of models. `tests/contract/recommender_suite.py` tests their guarantees."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from millstream.learning.evaluation.ranking import best, without
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream.learning.stopwatch import Seconds


class Recommender(Protocol):
    """Fits on interactions and ranks the whole catalogue, the items of `Interactions.items`, for any histories.

    Items are codes: indices into that catalogue. A history is a list of items, oldest first; it need not be in the
    training data, and may be empty. Scores are comparable only within a row.
    """

    name: str

    def fit(self, train: Interactions, seed: int) -> None:
        """Fit on `train`, discarding earlier fits; the same seed gives the same scores."""

    def score(self, histories: Sequence[Ints]) -> Floats:
        """The score of each item as the next one, [histories, items]; higher is better, all finite."""

    def recommend(self, histories: Sequence[Ints], k: int, exclude_seen: bool) -> Ints:
        """The best k items of each history, best first, [histories, k].

        Rows with fewer than k items are padded with `evaluation.ranking.NOTHING`.
        """

    def save(self, folder: Path) -> None:
        """Write the fitted model into the folder, creating it if needed."""

    def card_knobs(self) -> Mapping[str, Any]:
        """The knobs for the model's card."""


LoadModel = Callable[[str, Path], Recommender]
"""Load a model of the named family from a folder. Raises InvalidInputError for another kind of model."""


@runtime_checkable
class Updatable(Protocol):
    """A model that can learn single events, with the same result as `fit` on the longer history."""

    def update(self, user: int, item: int) -> None:
        """Learn an event of a user on an item, later than all known events; unknown users are added."""


@runtime_checkable
class Resumable(Protocol):
    """A model with long training: `fit` writes checkpoints and resumes from them."""

    spent_before: Seconds
    """The time that earlier processes spent on the last fit."""

    def keep_in(self, folder: Path) -> None:
        """Write checkpoints below the folder, separately for each combination of data, knobs and seed."""


@runtime_checkable
class Estimated(Protocol):
    """A model whose fit has a known cost."""

    def work(self, rows: int, users: int, items: int) -> float:
        """Estimated CPU seconds of a fit on data of this size (users with rows), on one core of a server of 2022.

        A unit for budgets: the same on every machine and in every run. Constants are from fits on Online Retail,
        MovieLens-100K and YooChoose, whole and a quarter of their users: about within a factor of two.
        """


def rows_for(model: Recommender, train: Interactions) -> Interactions:
    """The rows to fit a model on: positive events, and rejections if the model uses them.

    A rejection never counts for an item.
    """
    if getattr(model, "reads_rejections", False):
        return train
    return train.select(train.liked)


class RanksByScore(ABC):
    """Implements `recommend` by the best scores."""

    knobs: Any
    """A dataclass."""

    positive = False
    """Whether scores are sums of evidence, 0 for none, so that a blend may take their logarithm."""

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
