"""Recommend items with texts similar to those of the user's items; works for items without events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.content.item_vectors import TextKnobs, item_vectors
from millstream_tools.lab.models.matrices import weighted


@dataclass(frozen=True)
class ContentKnobs:
    """The texts, and what of a history it is asked with."""

    texts: TextKnobs

    last: int | None = 20
    """A history asks with its latest so many items; None: with all of them."""

    decay: float = 0.9
    """The factor by which each earlier item of a history counts less than the one after it."""

    def __post_init__(self) -> None:
        between(self, "decay", above=0.0, most=1.0)
        if self.last is not None:
            whole(self, "last")


def content_knobs(knobs: Mapping[str, Any]) -> ContentKnobs:
    """From what a configuration says: `texts` is a mapping with the knobs of `TextKnobs`."""
    return knobs_of(ContentKnobs, with_texts(knobs))


def with_texts(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """The same knobs with `texts` as what it stands for."""
    return {name: knobs_of(TextKnobs, value) if name == "texts" else value for name, value in knobs.items()}


class Content(RanksByScore):
    """score(h -> j) = sum over i in h of weight(i) * the text of i . the text of j, each less the mean item's."""

    name = "content"

    def __init__(self, knobs: ContentKnobs) -> None:
        self.knobs = knobs
        self._vectors = np.empty((0, 0))

    def fit(self, train: Interactions, seed: int) -> None:  # noqa: ARG002  # every model takes the seed
        """See Recommender; it reads what is written about the items, and of the events nothing."""
        self._vectors = item_vectors(self.knobs.texts, train.items)

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        asked = weighted(histories, len(self._vectors), self.knobs.last, self.knobs.decay)
        return np.asarray((asked @ self._vectors) @ self._vectors.T)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {"vectors": self._vectors})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(content_knobs(knobs))
        model._vectors = arrays["vectors"]
        return model
