"""Session-kNN: what was in past sessions that are like the user's latest items, near the items in common.

V-SkNN of M. Ludewig, D. Jannach, "Evaluation of session-based recommendation algorithms", UMUAI 2018, with the distance
to the common item of STAN: D. Garg et al., "Sequence and time aware neighborhood for session-based recommendations",
SIGIR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, get_args

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream.domain.views.tastes import TAIL_ITEMS
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.evaluation.ranking import LedTo
from millstream.learning.export.served_sessions import ServedSessions
from millstream.learning.families import stored
from millstream.learning.families.contract import RanksByScore
from millstream.learning.families.item_to_item import newest_first
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.families.sessions import Limits, Of, SessionIndex, session_index
from millstream.learning.interactions import Floats, Interactions, Ints

UNIT = 2.0**16
"""The whole number for a weight of 1, so that similarities are exact sums, also in single precision."""

_DAY_S = 86_400.0


@dataclass(frozen=True)
class SessionKnnKnobs:
    """similarity(h, s) = recency(s) * sum over the items i in h and s of decay^(items of h after i) * idf(i)^asked_idf.

    score(h -> j) = sum over the most similar sessions s with j of similarity(h, s) * spread^distance * idf(j)^idf; the
    distance in s is that from j to the common item that counts most. idf(i) = log(1 + sessions / sessions with i),
    relative to that of an item in one session.
    """

    of: Of = "session"
    """Whether neighbours are sessions or all that a user does."""

    neighbours: int = 100
    """The number of most similar sessions."""

    last: int = TAIL_ITEMS
    """The number of latest distinct items of a history that are used."""

    decay: float = 0.6
    """The factor by which each earlier item of a history counts less than the one after it."""

    spread: float = 0.8
    """The factor by which an item counts less with each item between it and the common one."""

    asked_idf: float = 0.5
    """How much popular items of a history count less: 0 not at all."""

    idf: float = 0.5
    """How much popular items are discounted as recommendations: 0 not at all."""

    half_life_days: float | None = None
    """The days before the newest event at which a session counts half; None: any age is the same."""

    session_items: int = 20
    """A longer session is cut into pieces of so many distinct items."""

    item_sessions: int = 200
    """The number of latest sessions of an item among which neighbours are looked for."""

    user_sessions: int = 50
    """The number of latest sessions of a user that are kept, so that nobody owns the index."""

    def __post_init__(self) -> None:
        if self.of not in get_args(Of):
            raise InvalidInputError("of", " or ".join(get_args(Of)), self.of)
        whole(self, "neighbours", "last", "item_sessions", "user_sessions")
        whole(self, "session_items", least=2)
        between(self, "last", most=RECENT_EVENTS)
        between(self, "decay", "spread", above=0.0, most=1.0)
        between(self, "asked_idf", "idf")
        if self.half_life_days is not None:
            between(self, "half_life_days", above=0.0)


class SessionKnn(RanksByScore):
    """See SessionKnnKnobs for the formula. Items of the history itself have no score: `own_items` ranks them."""

    name = "session_knn"

    def __init__(self, knobs: SessionKnnKnobs | None = None) -> None:
        self.knobs = knobs or SessionKnnKnobs()
        empty = np.zeros((1, 1), np.int32)
        self._take(SessionIndex(empty, empty, np.empty(0), np.empty(0, np.int64)), np.zeros(1, np.float32))

    @property
    def items(self) -> int:
        """Items of the catalogue."""
        return len(self._index.idf)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError if `half_life_days` is set and the data has no times."""
        knobs = self.knobs
        limits = Limits(knobs.session_items, knobs.item_sessions, knobs.user_sessions)
        index = session_index(train, knobs.of, limits)
        self._take(index, np.append(self._recency(train, index.last_rows), 0).astype(np.float32))

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of sorting the rows."""
        return 5e-7 * rows

    def scores_of(self, history: Ints) -> LedTo:
        """See SparseScores."""
        tail = newest_first(history, self.knobs.last)
        units = np.ceil(self._shares[: len(tail)] * self._asked_idf[tail])
        near = self._nearest(tail, units)
        self._marks[tail] = units
        items = self._index.items[near]
        marks = self._marks[items]
        self._marks[tail] = 0
        similarity = marks.sum(axis=1) / UNIT * self._recency_of[near]
        distance = np.abs(np.arange(items.shape[1]) - marks.argmax(axis=1)[:, None])
        added = similarity[:, None] * self._spread[distance] * self._idf[items]
        added[marks > 0] = 0
        row = np.zeros(self.items + 1)
        np.add.at(row, items, added)
        row = row[:-1]
        found = np.flatnonzero(row)
        return LedTo(found, row[found])

    def _nearest(self, tail: Ints, units: NDArray[np.float32]) -> Ints:
        """The most similar of the latest sessions of the tail's items, most similar first, ties by number."""
        of_tail = self._index.sessions[tail]
        said = np.repeat(units, of_tail.shape[1])
        similarity = np.bincount(of_tail.reshape(-1), said, minlength=len(self._recency_of))
        found = np.flatnonzero(similarity)
        likeness = similarity[found].astype(np.float32) * self._recency_of[found]
        order = np.argsort(-likeness, kind="stable")[: self.knobs.neighbours]
        return found[order[likeness[order] > 0]]

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        scores = np.zeros((len(histories), self.items))
        for row, history in zip(scores, histories, strict=True):
            found = self.scores_of(history)
            row[found.items] = found.scores
        return scores

    def check_servable(self) -> None:
        """See Servable: always possible."""

    def served(self, place: Ints) -> ServedSessions:
        """See Servable."""
        items = len(place)
        of_item = np.argsort(place)
        number = np.append(place, items).astype(np.int32)
        return ServedSessions(
            self.name,
            items=number[self._index.items],
            sessions=self._index.sessions[np.append(of_item, items)],
            recency=self._recency_of,
            shares=self._shares,
            asked_idf=self._asked_idf[np.append(of_item, items)],
            idf=self._idf[np.append(of_item, items)],
            spread=self._spread / UNIT,
            neighbours=self.knobs.neighbours,
        )

    def save(self, folder: Path) -> None:
        """See Recommender."""
        stored.save(folder, self.name, self.knobs, {**self._index._asdict(), "recency": self._recency_of})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(SessionKnnKnobs, knobs))
        model._take(SessionIndex(*(arrays[name] for name in SessionIndex._fields)), arrays["recency"])
        return model

    def _take(self, index: SessionIndex, recency: NDArray[np.float32]) -> None:
        """`recency` [S + 1], 0 for the padding."""
        knobs = self.knobs
        self._index, self._recency_of = index, recency
        self._asked_idf = np.append(index.idf**knobs.asked_idf, 0).astype(np.float32)
        self._idf = np.append(index.idf**knobs.idf, 0)
        self._shares = (UNIT * knobs.decay ** np.arange(knobs.last)).astype(np.float32)
        self._spread = knobs.spread ** np.arange(index.items.shape[1])
        self._marks = np.zeros(len(index.idf) + 1, np.float32)

    def _recency(self, train: Interactions, last_rows: Ints) -> Floats:
        half_life = self.knobs.half_life_days
        if half_life is None:
            return np.ones(len(last_rows))
        if np.isnan(train.at).any():
            raise InvalidInputError("half_life_days", "null for data without times", half_life)
        age_s = train.at.max(initial=0.0) - train.at[last_rows]
        return np.asarray(0.5 ** (age_s / (half_life * _DAY_S)))
