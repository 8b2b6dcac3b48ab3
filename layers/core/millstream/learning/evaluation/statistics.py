"""Confidence intervals and paired significance, by bootstrap over users.

One user's questions are alike, so users are drawn, not questions: B. Efron, R. Tibshirani, "An introduction to the
bootstrap", 1993, chapters 13 and 16; T. Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Floats, Ints

SAMPLES = 1_000
CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean, the standard error of it, and the percentile interval at `CONFIDENCE`."""

    mean: float
    standard_error: float
    low: float
    high: float


class PairedDifference(NamedTuple):
    """The mean difference of two models: its interval, and the two-sided `p` for the hypothesis that they are equal.

    `p` is at least 1 / (samples + 1).
    """

    interval: Interval
    p: float

    @property
    def significant(self) -> bool:
        """Whether so large a difference is too rare between equal models."""
        return self.p < 1 - CONFIDENCE


def interval(values: Floats, user: Ints, seed: int, samples: int = SAMPLES) -> Interval:
    """The mean of `values` [q], one per question of `user` [q]. Raises `InvalidInputError` without values."""
    means = _means(values, user, seed, samples)
    return _summary(float(values.mean()), means)


def paired(first: Floats, second: Floats, user: Ints, seed: int, samples: int = SAMPLES) -> PairedDifference:
    """The difference of two models' values on the same questions, [q] each."""
    if first.shape != second.shape:
        raise InvalidInputError("second", f"values of the same {len(first)} questions", second.shape)
    difference = first - second
    means = _means(difference, user, seed, samples)
    mean = float(difference.mean())
    # If the models were equal, means would scatter around 0 as they now do around the mean.
    as_far = np.abs(means - mean) >= abs(mean) - 1e-12
    return PairedDifference(_summary(mean, means), float((as_far.sum() + 1) / (samples + 1)))


def _means(values: Floats, user: Ints, seed: int, samples: int) -> Floats:
    """The mean over the questions of as many users as there are, drawn with repetition, [samples]."""
    if not len(values) or values.shape != user.shape:
        raise InvalidInputError("values", f"one for each of {len(user)} questions, at least one", values.shape)
    if samples < 1:
        raise InvalidInputError("samples", "at least 1", samples)
    _, owner = np.unique(user, return_inverse=True)
    sums, counts = np.bincount(owner, values), np.bincount(owner)
    draw = np.random.default_rng(seed)
    means = np.empty(samples)
    for sample in range(samples):
        drawn = draw.integers(0, len(sums), len(sums))
        means[sample] = sums[drawn].sum() / counts[drawn].sum()
    return means


def _summary(mean: float, means: Floats) -> Interval:
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(mean, float(means.std()), float(low), float(high))
