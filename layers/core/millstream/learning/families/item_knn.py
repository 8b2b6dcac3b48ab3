"""Item-kNN: items with common users are similar (cosine); an item's score is the sum over its neighbours in the
history.

M. Deshpande, G. Karypis, "Item-based top-N recommendation algorithms", ACM TOIS 2004; the shrinkage as in M. Ferrari
Dacrema et al., "Are we really making much progress?", RecSys 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.learning.evaluation.ranking import LedTo
from millstream.learning.families import stored
from millstream.learning.families.item_to_item import ItemToItem, Pairs, largest
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Interactions, Ints

_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class ItemKnnKnobs:
    """similarity(i, j) = together(i, j) / (sqrt(users(i) users(j)) + shrink)."""

    neighbours: int = 200
    """The number of most similar items of each item that contribute to its score."""

    spoken_for: int = 500
    """The number of items to which an item of a history contributes, the most similar, to keep serving sparse."""

    shrink: float = 0.0
    """Users added in the denominator, so that two rare items with one common user are not very similar."""

    decay: float = 1.0
    """The factor by which each earlier item of a history counts less than the one after it; 1: all equal."""

    last: int | None = None
    """The number of latest distinct items of a history that are used; None: all."""

    user_items: int = 1_000
    """The number of latest items of each user that count; the work grows with its square."""

    def __post_init__(self) -> None:
        whole(self, "neighbours", "spoken_for", "user_items")
        between(self, "shrink")
        between(self, "decay", above=0.0, most=1.0)
        if self.last is not None:
            whole(self, "last")


class ItemKnn(ItemToItem):
    """score(h -> j) = sum over the items i of h that are neighbours of j of weight(i) similarity(i, j)."""

    name = "item_knn"

    def __init__(self, knobs: ItemKnnKnobs | None = None) -> None:
        self.knobs = knobs or ItemKnnKnobs()
        self.last, self.decay, self.kept = self.knobs.last, self.knobs.decay, self.knobs.spoken_for
        self._rows: list[LedTo] = []

    @property
    def items(self) -> int:
        """See ItemToItem."""
        return len(self._rows)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Computes the product of the user-item matrix with itself row by row."""
        user, item = _latest_pairs(train, self.knobs.user_items)
        users = np.bincount(item, minlength=len(train.items))
        by_user = np.split(item, np.cumsum(np.bincount(user, minlength=len(train.users)))[:-1])
        by_item = np.split(user[np.argsort(item, kind="stable")], np.cumsum(users)[:-1])
        speakers = []
        for target, touched_by in enumerate(by_item):
            together = np.bincount(np.concatenate([_NOTHING, *(by_user[one] for one in touched_by)]))
            together[target : target + 1] = 0
            sources = np.flatnonzero(together)
            alike = together[sources] / (np.sqrt(users[target] * users[sources]) + self.knobs.shrink)
            speakers.append(largest(sources, alike, self.knobs.neighbours))
        self._rows = [largest(*row, self.kept) for row in _turned(speakers)]

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of the pairs of items of each user, and of a row of the catalogue for each item."""
        together = min(self.knobs.user_items, rows / max(1, users))
        return float(rows * (5e-7 + 2.5e-8 * together) + items * (3e-5 + 5e-10 * items))

    def leads_to(self, item: int) -> LedTo:
        """See ItemToItem."""
        return self._rows[item]

    def pairs(self) -> Pairs:
        """See ItemToItem."""
        lengths = [len(row.items) for row in self._rows]
        targets, scores = zip((_NOTHING, np.empty(0)), *self._rows, strict=True)
        return Pairs(np.repeat(np.arange(self.items), lengths), np.concatenate(targets), np.concatenate(scores))

    def save(self, folder: Path) -> None:
        """See Recommender."""
        _, targets, scores = self.pairs()
        lengths = np.array([len(row.items) for row in self._rows], np.int64)
        stored.save(folder, self.name, self.knobs, {"lengths": lengths, "targets": targets, "scores": scores})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(ItemKnnKnobs, knobs))
        ends = np.cumsum(arrays["lengths"])[:-1]
        model._rows = [
            LedTo(*row) for row in zip(np.split(arrays["targets"], ends), np.split(arrays["scores"], ends), strict=True)
        ]
        return model


def _turned(rows: Sequence[LedTo]) -> list[LedTo]:
    """The transposed matrix, by rows."""
    sources, scores = zip((_NOTHING, np.empty(0)), *rows, strict=True)
    source, score = np.concatenate(sources), np.concatenate(scores)
    target = np.repeat(np.arange(len(rows)), [len(row.items) for row in rows])
    order = np.argsort(source, kind="stable")
    ends = np.cumsum(np.bincount(source, minlength=len(rows)))[:-1]
    return [LedTo(*row) for row in zip(np.split(target[order], ends), np.split(score[order], ends), strict=True)]


def _latest_pairs(train: Interactions, most: int) -> tuple[Ints, Ints]:
    """Distinct (user, item) pairs, by user, with the `most` latest items of each user."""
    place = np.arange(len(train) - 1, -1, -1)
    order = np.lexsort((place, train.item, train.user))
    user, item, place = train.user[order], train.item[order], place[order]
    first = np.concatenate(([True], (user[1:] != user[:-1]) | (item[1:] != item[:-1])))[: len(user)]
    user, item, place = user[first], item[first], place[first]
    order = np.lexsort((place, user))
    user, item = user[order], item[order]
    rank = np.arange(len(user)) - np.searchsorted(user, user)
    return user[rank < most], item[rank < most]
