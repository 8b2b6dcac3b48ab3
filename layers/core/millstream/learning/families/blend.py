"""Blends: weighted sums of models' scores or of their logarithms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import LedTo, ReadsAttributes, SparseScores, scored
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
from millstream.learning.interactions import Codes, Floats, Interactions, Ints, unknown
from millstream.learning.stopwatch import Seconds, summed

_HISTORIES = 200
"""About so many histories measure the spread of a part's scores."""

_AT_ONCE = 32


class Part(NamedTuple):
    """One model of a blend and the factor of its scores.

    Use `logarithm` to blend scores like probabilities with scores like log-probabilities, as a sequence model's are:
    the part then adds log(max(score, 0) + logarithm), so that a score of 0 is unlikely, not impossible. Scores are
    divided by `scale` before all else; a scaled blend measures it.
    """

    model: Recommender
    weight: float
    logarithm: float | None = None
    scale: float = 1.0

    def score(self, histories: Sequence[Ints], attributes: Codes) -> Floats:
        """The contribution of this part, [histories, items]."""
        scores = scored(self.model, histories, attributes) / self.scale
        if self.logarithm is not None:
            scores = np.log(np.maximum(scores, 0.0) + self.logarithm)
        return self.weight * scores

    def plain(self) -> dict[str, object]:
        """The part as JSON values, without its model."""
        return {"family": self.model.name, "weight": self.weight, "logarithm": self.logarithm}


class Blend(RanksByScore):
    """score(h -> j) = sum over the parts of weight * the part's score(h -> j), or its logarithm.

    In a `scaled` blend each part's scores are first divided by their spread, so that equal weights mean equal influence
    whatever the families and the data.
    """

    name = "blend"
    reads_rejections = True  # its parts get what each of them reads

    def __init__(self, parts: Sequence[Part], *, scaled: bool = False) -> None:
        """Raises InvalidInputError if there are no parts."""
        if not parts:
            raise InvalidInputError("parts", "at least one", "none")
        self.parts, self.scaled = tuple(parts), scaled
        if all(isinstance(part.model, Updatable) for part in parts) and not scaled:
            # An attribute, so that a blend is Updatable only if all its parts are; a fit measures scales anew.
            self.update = self._update
        if all(isinstance(part.model, SparseScores) and part.logarithm is None for part in parts):
            # In the same way, it is SparseScores only if all its parts are, and give 0 where their models do.
            self.scores_of = self._scores_of
        if any(isinstance(part.model, ReadsAttributes) for part in parts):
            self.score_with = self._score_with
        if all(isinstance(part.model, Estimated) for part in parts):
            self.work = self._work

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        for part in self.parts:
            part.model.fit(rows_for(part.model, train), seed)
        self.scale(train)

    def scale(self, train: Interactions) -> None:
        """Measure the scales of a scaled blend, whose parts are fitted on `train`."""
        if self.scaled:
            histories, attributes = _some_histories(train)
            self.parts = tuple(part._replace(scale=_spread(part.model, histories, attributes)) for part in self.parts)

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
        return self._score_with(histories, unknown(len(histories)))

    def _score_with(self, histories: Sequence[Ints], attributes: Codes) -> Floats:
        """See ReadsAttributes."""
        return np.asarray(np.sum([part.score(histories, attributes) for part in self.parts], axis=0))

    @property
    def items(self) -> int:
        """See SparseScores."""
        return cast("SparseScores", self.parts[0].model).items

    def _scores_of(self, history: Ints) -> LedTo:
        """See SparseScores. Adds in the order of the parts, as `score` does, so that both give the same bits."""
        row = np.zeros(self.items)
        for part in self.parts:
            found = cast("SparseScores", part.model).scores_of(history)
            row[found.items] += part.weight * (found.scores / part.scale)
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
        return ServedBlend([Weighted(cast("Servable", part.model).served(place), *part[1:]) for part in self.parts])

    def card_knobs(self) -> Mapping[str, Any]:
        """See Servable."""
        parts = [part.plain() | {"knobs": dict(part.model.card_knobs())} for part in self.parts]
        return {"parts": parts, "scaled": True} if self.scaled else {"parts": parts}

    def save(self, folder: Path) -> None:
        """See Recommender; each part is saved in its own folder."""
        parts = [part.plain() | ({"scale": part.scale} if self.scaled else {}) for part in self.parts]
        stored.save_knobs(folder, self.name, {"parts": parts, "scaled": self.scaled})
        for number, part in enumerate(self.parts):
            part.model.save(folder / str(number))

    @classmethod
    def load(cls, folder: Path, load_part: LoadModel) -> Self:
        """Load a blend, and its parts by `load_part`."""
        knobs = stored.load_knobs(folder, cls.name)
        parts = [
            Part(load_part(part["family"], folder / str(n)), part["weight"], part["logarithm"], part.get("scale", 1.0))
            for n, part in enumerate(knobs["parts"])
        ]
        return cls(parts, scaled=knobs.get("scaled", False))


def _some_histories(train: Interactions) -> tuple[list[Ints], Codes]:
    """Histories of users who are spread evenly over all users, and what was known with the last item of each."""
    rows = train.select(train.liked)
    users = np.flatnonzero(rows.user_counts())
    users = users[:: max(1, len(users) // _HISTORIES)]
    last = np.zeros(len(rows.users), np.int64)
    last[rows.user] = np.arange(len(rows))
    histories = rows.histories()
    return [histories[user] for user in users.tolist()], rows.attributes[last[users]]


def _spread(model: Recommender, histories: Sequence[Ints], attributes: Codes) -> float:
    """The mean over histories of how far the best score is above the mean of all scores; 1 if that is 0."""
    spreads: list[Floats] = []
    for start in range(0, len(histories), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        scores = scored(model, histories[some], attributes[some])
        spreads.append(scores.max(axis=1, initial=-np.inf) - scores.mean(axis=1))
    mean = float(np.concatenate(spreads).mean()) if spreads else 0.0
    return mean if np.isfinite(mean) and mean > 0 else 1.0


def _once(model: Recommender) -> Iterator[bool]:
    """For each model of a blend, whether a graph can contain only one of it."""
    if isinstance(model, Blend):
        for part in model.parts:
            yield from _once(part.model)
    else:
        yield getattr(model, "once_in_a_graph", False)
