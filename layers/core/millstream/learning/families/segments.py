"""Popularity by segment: what is popular with users who have the same attributes.

score(j | codes) = p(j) * product over the known attributes of p(j | code) / p(j): the naive Bayes estimate of the next
item, with p(j | code) smoothed towards p(j). Source: D. Jurafsky, J. H. Martin, "Speech and Language Processing",
appendix B, on naive Bayes, and chapter 3 on interpolation with the more general estimate (Dirichlet smoothing).

Transitions by segment are not learned: a matrix of transitions for each code has too few events to be better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.domain.attributes import MOST_ATTRIBUTES
from millstream.learning.export.served import Lifts, ServedSegments
from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.knobs import between, knobs_of
from millstream.learning.families.popularity import recent
from millstream.learning.interactions import Codes, Floats, Interactions, Ints, unknown

_SHIFT = 32
MOST_SEGMENTS = 50
"""Values of an attribute that count, those with the most users: each takes four bytes an item."""


@dataclass(frozen=True)
class SegmentsKnobs:
    """Which codes count, and how much."""

    smoothing: float = 1_000.0
    """So many events like those of all users are added to each code's."""

    least_users: int = 30
    """A code with fewer users counts as unknown."""

    last_days: float | None = None
    """The number of days before the newest event whose events count; None: all."""

    def __post_init__(self) -> None:
        between(self, "smoothing", above=0.0)
        between(self, "least_users", least=1)
        if self.last_days is not None:
            between(self, "last_days", above=0.0)


class Segments(RanksByScore):
    """See the module. A user's repeated events on an item count once, with the attributes of the first.

    `_lifts` has, by the place of an attribute, the lifts [L, N] of L codes and the row of each code, [codes]; the last
    one stands for all codes after it, which the model does not know.
    """

    name = "segments"
    positive = True

    def __init__(self, knobs: SegmentsKnobs | None = None) -> None:
        self.knobs = knobs or SegmentsKnobs()
        self._popularity = np.empty(0)
        self._lifts: dict[int, tuple[Lifts, Ints]] = {}

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError if `last_days` is set and the data has no times."""
        del seed
        rows = train if self.knobs.last_days is None else train.select(recent(train, self.knobs.last_days))
        _, firsts = np.unique(rows.user << _SHIFT | rows.item, return_index=True)
        user, item, attributes = rows.user[firsts], rows.item[firsts], rows.attributes[firsts]
        counts = np.bincount(item, minlength=len(train.items)).astype(np.float64)
        self._popularity = counts / max(1.0, counts.sum())
        self._lifts = {}
        for place in range(MOST_ATTRIBUTES):
            self._fit_attribute(place, user, item, attributes[:, place].astype(np.int64))

    def _fit_attribute(self, place: int, user: Ints, item: Ints, code: Ints) -> None:
        pairs = np.unique(user[code > 0] << _SHIFT | code[code > 0])
        users = np.bincount(pairs & 0xFFFF)
        users[users < self.knobs.least_users] = 0
        known = np.sort(np.argsort(-users, kind="stable")[:MOST_SEGMENTS])
        known = known[users[known] > 0]
        if not len(known):
            return
        row_of_code = np.zeros(int(known[-1]) + 2, np.int64)
        row_of_code[known] = np.arange(1, len(known) + 1)
        lifts = np.ones((len(known) + 1, len(self._popularity)), np.float32)
        some = self._popularity > 0
        for row, one in enumerate(known.tolist(), 1):
            counts = np.bincount(item[code == one], minlength=len(self._popularity))
            expected = self._popularity * (counts.sum() + self.knobs.smoothing)
            found = counts + self.knobs.smoothing * self._popularity
            lifts[row, some] = found[some] / expected[some]
        self._lifts[place] = lifts, row_of_code

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated."""
        return 2e-6 * rows

    def memory(self, items: int) -> float:
        """The bytes of all lifts at most, which a fit holds."""
        return 4.0 * MOST_ATTRIBUTES * (MOST_SEGMENTS + 1) * items

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        return self.score_with(histories, unknown(len(histories)))

    def score_with(self, histories: Sequence[Ints], attributes: Codes) -> Floats:
        """See ReadsAttributes."""
        scores = np.tile(self._popularity, (len(histories), 1))
        for place, (lifts, row_of_code) in self._lifts.items():
            scores *= lifts[row_of_code[np.minimum(attributes[:, place], len(row_of_code) - 1)]]
        return scores

    def check_servable(self) -> None:
        """See Servable."""

    def served(self, place: Ints) -> ServedSegments:
        """See Servable."""
        order = np.argsort(place)
        lifts = {at: (lifts[:, order], row_of_code) for at, (lifts, row_of_code) in self._lifts.items()}
        return ServedSegments(self.name, self._popularity[order], lifts)

    def save(self, folder: Path) -> None:
        """See Recommender."""
        arrays: dict[str, Floats | Lifts | Ints] = {"popularity": self._popularity}
        for place, (lifts, row_of_code) in self._lifts.items():
            arrays |= {f"lifts{place}": lifts, f"rows{place}": row_of_code}
        stored.save(folder, self.name, self.knobs, arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(SegmentsKnobs, knobs))
        model._popularity = arrays["popularity"]
        model._lifts = {
            place: (arrays[f"lifts{place}"], arrays[f"rows{place}"])
            for place in range(MOST_ATTRIBUTES)
            if f"rows{place}" in arrays
        }
        return model
