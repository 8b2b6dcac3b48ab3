"""Properties of recommendation lists beyond accuracy: diversity, novelty, popularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import NOTHING, Answers
from millstream.learning.interactions import Floats, Ints


def coverage(top: Ints, items: int, k: int) -> float:
    """The share of the catalogue that is on at least one list of k items; `top` [q, k or more] as in `Answers`."""
    return len(np.unique(_answered(top, k))) / items


def novelty(top: Ints, counts: Ints, k: int) -> float:
    """The mean of -log2 of the share of training rows that an answered item has, in bits; 0 for no answers.

    One row is added to each item, so that an unknown item has the largest, not an infinite, novelty. `counts` [items].
    S. Vargas, P. Castells, "Rank and relevance in novelty and diversity metrics", RecSys 2011.
    """
    shares = (counts + 1) / (counts.sum() + len(counts))
    answered = _answered(top, k)
    return float(-np.log2(shares[answered]).mean()) if len(answered) else 0.0


@dataclass(frozen=True)
class Bucket:
    """Items of like popularity: how many, and their share of training rows, of targets, of answers, and of hits.

    `recall` is the share of this bucket's targets that were found. Shares of all buckets sum to 1.
    """

    items: int
    of_training: float
    of_targets: float
    of_answers: float
    recall: float


def popularity_buckets(answers: Answers, counts: Ints, k: int, buckets: int = 5) -> list[Bucket]:
    """From the most to the least popular items; each bucket has about the same share of training rows.

    A bucket that is answered more often than it is wanted is over-recommended. `counts` [items] of training rows.
    """
    if buckets < 1:
        raise InvalidInputError("buckets", "at least 1", buckets)
    owner = _bucket_of_each_item(counts, buckets)
    found = np.bincount(owner[answers.target[answers.rank < k + 1]], minlength=buckets)
    wanted = np.bincount(owner[answers.target], minlength=buckets)
    answered = np.bincount(owner[_answered(answers.top, k)], minlength=buckets)
    trained = np.bincount(owner, counts, minlength=buckets)
    sizes = np.bincount(owner, minlength=buckets)
    return [
        Bucket(
            items=int(sizes[number]),
            of_training=float(trained[number] / max(trained.sum(), 1)),
            of_targets=float(wanted[number] / max(wanted.sum(), 1)),
            of_answers=float(answered[number] / max(answered.sum(), 1)),
            recall=float(found[number] / max(wanted[number], 1)),
        )
        for number in range(buckets)
    ]


def miscalibration(buckets: list[Bucket]) -> float:
    """Total variation distance between the popularity of answers and targets: 0 equal, 1 disjoint.

    After H. Steck, "Calibrated recommendations", RecSys 2018, with popularity for genres and a distance without logs,
    since a bucket may be empty.
    """
    wanted: Floats = np.array([bucket.of_targets for bucket in buckets])
    answered: Floats = np.array([bucket.of_answers for bucket in buckets])
    return float(np.abs(wanted - answered).sum() / 2)


def _answered(top: Ints, k: int) -> Ints:
    if not 1 <= k <= top.shape[1]:
        raise InvalidInputError("k", f"1 to {top.shape[1]}, the items of each answer that were kept", k)
    first = top[:, :k].ravel()
    return np.compress(first != NOTHING, first)


def _bucket_of_each_item(counts: Ints, buckets: int) -> Ints:
    """Where the middle of an item's rows lies among all rows, most popular first; equal items by index."""
    order = np.argsort(-counts, kind="stable")
    middles = np.cumsum(counts[order]) - counts[order] / 2
    owner = np.empty(len(counts), dtype=np.int64)
    owner[order] = np.minimum(middles * buckets // max(counts.sum(), 1), buckets - 1).astype(np.int64)
    return owner
