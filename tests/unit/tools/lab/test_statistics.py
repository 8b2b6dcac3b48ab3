"""Intervals that hold the truth as often as they say, and differences that are found only where there are some."""

from __future__ import annotations

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.statistics import interval, paired

USERS = np.arange(400)


def coin(seed: int, chance: float, count: int = 400) -> np.ndarray:
    """Hits and misses."""
    return (np.random.default_rng(seed).random(count) < chance).astype(np.float64)


def test_the_standard_error_of_a_hit_rate_is_that_of_the_binomial() -> None:
    """sqrt(p (1 - p) / n), within a tenth of it."""
    hits = coin(1, 0.3)
    found = interval(hits, USERS, seed=1)
    assert found.mean == hits.mean()
    assert found.standard_error == pytest.approx(np.sqrt(found.mean * (1 - found.mean) / 400), rel=0.1)
    assert found.low < found.mean < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * found.standard_error, rel=0.1)


def test_the_interval_holds_the_truth_nineteen_times_of_twenty() -> None:
    """Of 200 experiments, 190 are expected; 3 standard deviations are 9."""
    held = sum(low <= 0.3 <= high for _, _, low, high in (interval(coin(s, 0.3), USERS, s, 200) for s in range(200)))
    assert 178 <= held <= 199


def test_a_users_repeated_questions_make_nothing_surer() -> None:
    """Each user's value four times over: the same error as once, not half of it."""
    hits = coin(1, 0.3)
    once, four = interval(hits, USERS, seed=1), interval(np.repeat(hits, 4), np.repeat(USERS, 4), seed=1)
    assert four == pytest.approx(once)


def test_equal_models_do_not_differ() -> None:
    """The same values: p is 1. The same quality, other luck: significant about once in twenty."""
    assert paired(coin(1, 0.3), coin(1, 0.3), USERS, seed=1).p == 1.0
    found = [paired(coin(s, 0.3), coin(s + 1000, 0.3), USERS, s, 200).significant for s in range(200)]
    assert sum(found) < 20


def test_clearly_different_models_do() -> None:
    """0.30 against 0.45 on 400 users is more than four standard errors."""
    worse, better = coin(1, 0.3), coin(2, 0.45)
    found = paired(better, worse, USERS, seed=1)
    assert found.significant
    assert found.interval.low > 0
    assert found.interval.mean == pytest.approx(better.mean() - worse.mean())


def test_pairing_finds_what_intervals_side_by_side_do_not() -> None:
    """A model that hits what the other hits and 3 % more: the intervals overlap, the difference is certain."""
    first = coin(1, 0.3)
    second = np.maximum(first, coin(3, 0.03))
    assert interval(second, USERS, 1).low < interval(first, USERS, 1).high
    assert paired(second, first, USERS, seed=1).significant


def test_the_same_seed_gives_the_same_numbers() -> None:
    """And another one others."""
    assert interval(coin(1, 0.3), USERS, seed=7) == interval(coin(1, 0.3), USERS, seed=7)
    assert interval(coin(1, 0.3), USERS, seed=7) != interval(coin(1, 0.3), USERS, seed=8)


def test_values_that_cannot_be_compared_are_refused() -> None:
    """Other questions, or none."""
    with pytest.raises(InvalidInputError, match="same 400 questions"):
        paired(coin(1, 0.3), coin(1, 0.3, 399), USERS, seed=1)
    with pytest.raises(InvalidInputError, match="at least one"):
        interval(np.empty(0), np.empty(0, np.int64), seed=1)
