"""Any model, with scores read from the text where it knows too little of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import check_choice
from millstream.learning.families import stored
from millstream.learning.families.contract import LoadModel, RanksByScore, Recommender, Resumable
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Flags, Floats, Interactions, Ints
from millstream.learning.stopwatch import Seconds
from millstream_tools.lab.content.item_vectors import TextKnobs, item_vectors
from millstream_tools.lab.content.recommender import with_texts
from millstream_tools.lab.content.text_map import TextMap

Scale = Literal["expected", "place"]
"""expected: the score that the base would give, as far as the text tells: nearer to the mean than the base's own, so a
new item is shown only where the text is sure. place: the score of the known item at the same place when all are read
from the text, so new items get their share of every list."""

_MAP = "text-map"
_BASE = "base"


@dataclass(frozen=True)
class HybridKnobs:
    """The model that knows items by their events, the texts, and when these speak."""

    base: Mapping[str, Any]
    """Its `family` and, where they are not the defaults, `knobs`."""

    texts: TextKnobs

    fewer_than: int | None = 1
    """Items with fewer events are read from the text; None: all are, which tells what the text alone is worth."""

    scale: Scale = "expected"

    regularization: float = 3.0
    """Of the map from texts to scores; texts have a mean square length of 1."""

    def __post_init__(self) -> None:
        if not isinstance(self.base, Mapping) or not {"family"} <= set(self.base) <= {"family", "knobs"}:
            raise InvalidInputError("base", "a mapping with family and perhaps knobs", self.base)
        if self.fewer_than is not None:
            whole(self, "fewer_than")
        check_choice("scale", get_args(Scale), self.scale)
        between(self, "regularization", above=0.0)


class Hybrid(RanksByScore):
    """score(h -> j) is the base's for items with enough events, else what `TextMap` makes of the base's and the text.

    Both are on one scale, see `Scale`.
    """

    name = "hybrid"

    def __init__(self, knobs: HybridKnobs, base: Recommender) -> None:
        """`base` is the model that `knobs.base` names."""
        self.knobs = knobs
        self._base = base
        self._read: Flags = np.empty(0, dtype=bool)
        self._map: TextMap | None = None

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        self._base.fit(train, seed)
        counts = train.item_counts()
        teachers = counts >= (self.knobs.fewer_than or 1)
        self._read = ~teachers if self.knobs.fewer_than is not None else np.ones(len(counts), dtype=bool)
        vectors = item_vectors(self.knobs.texts, train.items)
        self._map = TextMap.fitted(vectors, teachers, self.knobs.regularization)

    def keep_in(self, folder: Path) -> None:
        """See Resumable: for the base, if it is."""
        if isinstance(self._base, Resumable):
            self._base.keep_in(folder)

    @property
    def spent_before(self) -> Seconds:
        """See Resumable."""
        return self._base.spent_before if isinstance(self._base, Resumable) else Seconds()

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        if self._map is None:
            raise RuntimeError("fit or load the model before it is asked")
        scores = np.array(self._base.score(histories), np.float64)
        read = self._map.read if self.knobs.scale == "expected" else self._map.place
        scores[:, self._read] = read(scores, self._read)
        return scores

    def save(self, folder: Path) -> None:
        """See Recommender; the base lies in a folder of its own."""
        if self._map is None:
            raise RuntimeError("fit or load the model before it is saved")
        stored.save_knobs(folder, self.name, asdict(self.knobs))
        stored.save(folder / _MAP, _MAP, self.knobs.texts, {**vars(self._map), "read": self._read})
        self._base.save(folder / _BASE)

    @classmethod
    def load(cls, folder: Path, load_base: LoadModel) -> Self:
        """The hybrid that was saved there, its base by `load_base`."""
        knobs = knobs_of(HybridKnobs, with_texts(stored.load_knobs(folder, cls.name)))
        model = cls(knobs, load_base(knobs.base["family"], folder / _BASE))
        arrays = dict(stored.load(folder / _MAP, _MAP).arrays)
        model._read = arrays.pop("read")
        model._map = TextMap(**arrays)
        return model
