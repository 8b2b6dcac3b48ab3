"""A weighted sum of models' scores, or of their logarithms: what each of them is not sure of, another may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.export.model import Servable, check_servable
from millstream.learning.export.served import ServedBlend, Weighted
from millstream.learning.families import stored
from millstream.learning.families.contract import LoadModel, RanksByScore, Recommender, Resumable, Updatable, rows_for
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream.learning.stopwatch import Seconds, summed


class Part(NamedTuple):
    """One model of a blend and the factor of its scores.

    `logarithm` is for a model whose scores are like probabilities, beside one whose scores are like their logarithms,
    as a sequence model's are: log(max(score, 0) + logarithm) stands in the sum, so that 0 is unlikely, not impossible.
    """

    model: Recommender
    weight: float
    logarithm: float | None = None

    def score(self, histories: Sequence[Ints]) -> Floats:
        """What this part adds to the sum, [histories, items]."""
        scores = self.model.score(histories)
        if self.logarithm is not None:
            scores = np.log(np.maximum(scores, 0.0) + self.logarithm)
        return self.weight * scores

    def plain(self) -> dict[str, object]:
        """As it is written down; its model is told of elsewhere."""
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
            # An attribute, not a method: a blend with a part that cannot learn from single events must not say it can.
            self.update = self._update

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        for part in self.parts:
            part.model.fit(rows_for(part.model, train), seed)

    def _update(self, user: int, item: int) -> None:
        """See Updatable."""
        for part in self.parts:
            cast("Updatable", part.model).update(user, item)

    def keep_in(self, folder: Path) -> None:
        """See Resumable: for the parts that are."""
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

    def check_servable(self) -> None:
        """See Servable: if every part can be."""
        for part in self.parts:
            check_servable(part.model)
        if sum(once for once in _once(self)) > 1:
            raise InvalidInputError("parts", "one sequence model at most", "more in a blend that is to be served")

    def served(self, place: Ints) -> ServedBlend:
        """See Servable."""
        return ServedBlend(
            [Weighted(cast("Servable", part.model).served(place), part.weight, part.logarithm) for part in self.parts]
        )

    def card_knobs(self) -> Mapping[str, Any]:
        """See Servable."""
        return {"parts": [part.plain() | {"knobs": dict(part.model.card_knobs())} for part in self.parts]}

    def save(self, folder: Path) -> None:
        """See Recommender; each part lies in a folder of its own."""
        stored.save_knobs(folder, self.name, {"parts": [part.plain() for part in self.parts]})
        for number, part in enumerate(self.parts):
            part.model.save(folder / str(number))

    @classmethod
    def load(cls, folder: Path, load_part: LoadModel) -> Self:
        """The blend that was saved there, its parts by `load_part`."""
        parts = enumerate(stored.load_knobs(folder, cls.name)["parts"])
        return cls([Part(load_part(p["family"], folder / str(n)), p["weight"], p["logarithm"]) for n, p in parts])


def _once(model: Recommender) -> Iterator[bool]:
    """Of each model in a blend, whether a graph can hold it once only."""
    if isinstance(model, Blend):
        for part in model.parts:
            yield from _once(part.model)
    else:
        yield getattr(model, "once_in_a_graph", False)
