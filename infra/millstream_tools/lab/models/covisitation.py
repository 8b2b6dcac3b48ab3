"""Co-visitation: what users do after an item, the sooner the more it counts, less for busy and popular items.

The shop's own model (`lab.served.covisitation_model`) on the lab's data, with all neighbours kept and with the reach as
a knob; the shop's `backward` is 0.7, its `in_smoothing` 100, its `asked_decay` 0.5. One difference: it looks back over
events, the shop's over distinct items; the same where nobody returns to one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from millstream_tools.lab.data.interactions import Floats, Interactions, Ints
from millstream_tools.lab.knobs import between, knobs_of, whole
from millstream_tools.lab.models import stored
from millstream_tools.lab.models.contract import RanksByScore
from millstream_tools.lab.models.matrices import Sparse, newest_first

_PENDING = 8192
"""Transitions learned by `update` that wait at most before they are added to the matrix."""


@dataclass(frozen=True)
class CovisitationKnobs:
    """weight(i -> j) is the sum of decay^(d - 1) over all places where j came d events after i, d at most `reach`."""

    reach: int = 10
    """Events that an item looks ahead."""

    decay: float = 0.7
    """How much less the next event says than the one before it."""

    backward: float = 0.0
    """How much i -> j also says about j -> i; 0: only what came after an item is an answer to it."""

    out_smoothing: float = 30.0
    """Weight added to what leaves an item, so that a rare item's few transitions do not count as certain."""

    in_smoothing: float = 30.0
    """Weight added to what arrives at an item, so that a rare item is not taken for a specific one."""

    last: int = 10
    """A history asks with its latest so many distinct items."""

    asked_decay: float = 0.7
    """How much less each earlier item of a history says than the one after it."""

    def __post_init__(self) -> None:
        whole(self, "reach", "last")
        between(self, "decay", "asked_decay", above=0.0, most=1.0)
        between(self, "backward", most=1.0)
        between(self, "out_smoothing", "in_smoothing", above=0.0)


class Covisitation(RanksByScore):
    """score(h -> j) = sum over i in h of weight(i) weight(i -> j) / sqrt((out(i) + smoothing)(in(j) + smoothing))."""

    name = "covisitation"

    def __init__(self, knobs: CovisitationKnobs | None = None) -> None:
        self.knobs = knobs or CovisitationKnobs()
        self._counts: Sparse = sparse.csr_array((0, 0))
        self._leaving: Floats = np.empty(0)
        self._arriving: Floats = np.empty(0)
        self._tails: dict[int, list[int]] = {}
        self._pending: dict[int, dict[int, float]] = defaultdict(dict)
        self._pending_count = 0

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender."""
        items = len(train.items)
        by_user = np.argsort(train.user, kind="stable")
        sources, targets, weights = _transitions(train.user[by_user], train.item[by_user], self.knobs)
        self._counts = sparse.csr_array((weights, (sources, targets)), shape=(items, items))
        self._leaving = np.bincount(sources, weights, minlength=items).astype(np.float64)
        self._arriving = np.bincount(targets, weights, minlength=items).astype(np.float64)
        self._tails = _tails(train.item[by_user].tolist(), train.user_counts().tolist(), self.knobs.reach)
        self._forget_pending()

    def update(self, user: int, item: int) -> None:
        """See Updatable."""
        tail = self._tails.setdefault(user, [])
        for distance, earlier in enumerate(reversed(tail)):
            if earlier != item:
                weight = self.knobs.decay**distance
                self._learn(earlier, item, weight)
                if self.knobs.backward:
                    self._learn(item, earlier, weight * self.knobs.backward)
        tail.append(item)
        del tail[: -self.knobs.reach]
        self._pending_count += len(tail)
        if self._pending_count >= _PENDING:
            self._merge()

    def _learn(self, source: int, target: int, weight: float) -> None:
        """One more transition, which waits for the next merge."""
        following = self._pending[source]
        following[target] = following.get(target, 0.0) + weight
        self._leaving[source] += weight
        self._arriving[target] += weight

    def pairs(self) -> tuple[Ints, Ints, Floats]:
        """Source, target and weight of each pair of items that the model has seen, [pairs], by source."""
        self._merge()
        sources = np.repeat(np.arange(len(self._leaving)), np.diff(self._counts.indptr))
        return sources, self._counts.indices.astype(np.int64), self._counts.data

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Recommender."""
        found = np.zeros((len(histories), len(self._leaving)))
        for row, history in zip(found, histories, strict=True):
            self._add_followers(row, history)
        return np.asarray(found / np.sqrt(self._arriving + self.knobs.in_smoothing))

    def _add_followers(self, row: Floats, history: Ints) -> None:
        """Item by item: faster than a product of sparse matrices, for one history and for many."""
        counts, knobs = self._counts, self.knobs
        for age, item in enumerate(newest_first(history, knobs.last).tolist()):
            share = knobs.asked_decay**age / sqrt(self._leaving[item] + knobs.out_smoothing)
            entries = slice(counts.indptr[item], counts.indptr[item + 1])
            row[counts.indices[entries]] += share * counts.data[entries]
            for target, weight in self._pending.get(item, {}).items():
                row[target] += share * weight

    def save(self, folder: Path) -> None:
        """See Recommender."""
        self._merge()
        users = [user for user, tail in self._tails.items() for _ in tail]
        tails = [item for tail in self._tails.values() for item in tail]
        arrays = stored.arrays_of(self._counts) | {
            "users": np.array(users, np.int64),
            "tails": np.array(tails, np.int64),
        }
        arrays |= {"leaving": self._leaving, "arriving": self._arriving}
        stored.save(folder, self.name, self.knobs, arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(CovisitationKnobs, knobs))
        model._counts = stored.matrix_of(arrays)
        model._leaving, model._arriving = arrays["leaving"], arrays["arriving"]
        for user, item in zip(arrays["users"].tolist(), arrays["tails"].tolist(), strict=True):
            model._tails.setdefault(user, []).append(item)
        return model

    def _merge(self) -> None:
        entries = [(source, target, w) for source, row in self._pending.items() for target, w in row.items()]
        if entries:
            sources, targets, weights = zip(*entries, strict=True)
            self._counts = self._counts + sparse.csr_array((weights, (sources, targets)), shape=self._counts.shape)
        self._forget_pending()

    def _forget_pending(self) -> None:
        self._pending, self._pending_count = defaultdict(dict), 0


def _tails(items: list[int], lengths: list[int], reach: int) -> dict[int, list[int]]:
    """The latest `reach` items of each user who has some; `items` are of user after user, each oldest first."""
    tails, end = {}, 0
    for user, length in enumerate(lengths):
        start, end = end, end + length
        if length:
            tails[user] = items[max(start, end - reach) : end]
    return tails


def _transitions(user: Ints, item: Ints, knobs: CovisitationKnobs) -> tuple[Ints, Ints, Floats]:
    """Source, target and weight of each transition, [transitions]; `user` ascends, each user's rows are in order."""
    sources, targets, weights = [], [], []
    for distance in range(1, min(knobs.reach, max(len(item) - 1, 0)) + 1):
        before, after = item[:-distance], item[distance:]
        follows = (user[:-distance] == user[distance:]) & (before != after)
        sources.append(before[follows])
        targets.append(after[follows])
        weights.append(np.full(int(follows.sum()), knobs.decay ** (distance - 1)))
        if knobs.backward:
            sources.append(after[follows])
            targets.append(before[follows])
            weights.append(weights[-1] * knobs.backward)
    nothing = np.empty(0, np.int64)
    return (
        np.concatenate([nothing, *sources]),
        np.concatenate([nothing, *targets]),
        np.concatenate([np.empty(0), *weights]),
    )
