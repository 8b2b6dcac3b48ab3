"""Blends: weighted sums of models' scores or of their logarithms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import LedTo, SparseScores
from millstream.learning.export.model import Servable, check_servable
from millstream.learning.export.served import ServedBlend, Weighted
from millstream.learning.families import stored
from millstream.learning.families.contract import (
    Estimated,
    LoadModel,
    RanksByScore,
    Recommender,
    Resumable,
    Updatable,
    rows_for,
)
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream.learning.stopwatch import Seconds, summed


class Part(NamedTuple):
    """One model of a blend and the factor of its scores.

    Use `logarithm` to blend scores like probabilities with scores like log-probabilities, as a sequence model's are:
    the part then adds log(max(score, 0) + logarithm), so that a score of 0 is unlikely, not impossible.
    """

    model: Recommender
    weight: float
    logarithm: float | None = None

    def score(self, histories: Sequence[Ints]) -> Floats:
        """The contribution of this part, [histories, items]."""
        scores = self.model.score(histories)
        if self.logarithm is not None:
            scores = np.log(np.maximum(scores, 0.0) + self.logarithm)
        return self.weight * scores

    def plain(self) -> dict[str, object]:
        """The part as JSON values, without its model."""
        return {"family": self.model.name, "weight": self.weight, "logarithm": self.logarithm}


class Blend(RanksByScore):
    """score(h -> j) = sum over the parts of weight * the part's score(h -> j), or its logarithm."""

    name = "blend"
    reads_rejections = True  # its parts get what each of them reads

    def __init__(self, parts: Sequence[Part]) -> None:
        """Raises InvalidInputError if there are no parts."""
        if not parts:
            raise InvalidInputError("parts", "at least one", "none")
        self.parts = tuple(parts)
        if all(isinstance(part.model, Updatable) for part in parts):
            # An attribute, so that a blend is Updatable only if all its parts are.
            self.update = self._update
        if all(isinstance(part.model, SparseScores) and part.logarithm is None for part in parts):
            # In the same way, it is SparseScores only if all its parts are, and give 0 where their models do.
            self.scores_of = self._scores_of
        if all(isinstance(part.model, Estimated) for part in parts):
            self.work = self._work

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        for part in self.parts:
            part.model.fit(rows_for(part.model, train), seed)

    def _work(self, rows: int, users: int, items: int) -> float:
        """See Estimated."""
        return sum(cast("Estimated", part.model).work(rows, users, items) for part in self.parts)

    def _update(self, user: int, item: int) -> None:
        """See Updatable."""
        for part in self.parts:
            cast("Updatable", part.model).update(user, item)

    def keep_in(self, folder: Path) -> None:
        """See Resumable; applies to the parts that are."""
        for part in self._resumable():
            part.keep_in(folder)

    @property
    def spent_before(self) -> Seconds:
        """See Resumable."""
        return summed(part.spent_before for part in self._resumable())

    def _resumable(self) -> list[Resumable]:
        return [part.model for part in self.parts if isinstance(part.model, Resumable)]

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return np.asarray(np.sum([part.score(histories) for part in self.parts], axis=0))

    @property
    def items(self) -> int:
        """See SparseScores."""
        return cast("SparseScores", self.parts[0].model).items

    def _scores_of(self, history: Ints) -> LedTo:
        """See SparseScores. Adds in the order of the parts, as `score` does, so that both give the same bits."""
        row = np.zeros(self.items)
        for part in self.parts:
            found = cast("SparseScores", part.model).scores_of(history)
            row[found.items] += part.weight * found.scores
        items = np.flatnonzero(row)
        return LedTo(items, row[items])

    def check_servable(self) -> None:
        """See Servable: every part must be servable."""
        for part in self.parts:
            check_servable(part.model)
        if sum(once for once in _once(self)) > 1:
            raise InvalidInputError("parts", "one sequence model at most in a served blend", "more")

    def served(self, place: Ints) -> ServedBlend:
        """See Servable."""
        return ServedBlend(
            [Weighted(cast("Servable", part.model).served(place), part.weight, part.logarithm) for part in self.parts]
        )

    def card_knobs(self) -> Mapping[str, Any]:
        """See Servable."""
        return {"parts": [part.plain() | {"knobs": dict(part.model.card_knobs())} for part in self.parts]}

    def save(self, folder: Path) -> None:
        """See Recommender; each part is saved in its own folder."""
        stored.save_knobs(folder, self.name, {"parts": [part.plain() for part in self.parts]})
        for number, part in enumerate(self.parts):
            part.model.save(folder / str(number))

    @classmethod
    def load(cls, folder: Path, load_part: LoadModel) -> Self:
        """Load a blend, and its parts by `load_part`."""
        parts = enumerate(stored.load_knobs(folder, cls.name)["parts"])
        return cls([Part(load_part(p["family"], folder / str(n)), p["weight"], p["logarithm"]) for n, p in parts])


def _once(model: Recommender) -> Iterator[bool]:
    """For each model of a blend, whether a graph can contain only one of it."""
    if isinstance(model, Blend):
        for part in model.parts:
            yield from _once(part.model)
    else:
        yield getattr(model, "once_in_a_graph", False)
