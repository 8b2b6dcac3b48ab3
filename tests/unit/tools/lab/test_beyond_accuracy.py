"""Coverage, novelty and calibration on lists that were worked out by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import NOTHING, Answers
from millstream_tools.lab.evaluation.beyond_accuracy import coverage, miscalibration, novelty, popularity_buckets
from tests.unit.tools.lab.made_up import ints

TOP = np.array([[0, 1, 3], [0, 2, NOTHING]])
COUNTS = ints(7, 1, 0, 0)


def test_coverage_is_the_share_of_items_on_any_list() -> None:
    """Items 0, 1 and 2 of four within two places; an empty place is no item."""
    assert coverage(TOP, 4, 2) == 0.75
    assert coverage(TOP, 4, 3) == 1.0
    assert coverage(np.full((2, 2), NOTHING), 4, 2) == 0.0


def test_novelty_is_the_surprise_of_what_is_answered() -> None:
    """8, 2, 1 and 1 of 12 after one row was added to each item."""
    surprise = [-log2(8 / 12), -log2(2 / 12), -log2(8 / 12), -log2(1 / 12)]
    assert novelty(TOP, COUNTS, 2) == pytest.approx(sum(surprise) / 4)
    assert novelty(np.full((2, 2), NOTHING), COUNTS, 2) == 0.0


def test_buckets_have_like_shares_of_the_training_rows() -> None:
    """Ten rows of item 2 make one half, five each of items 0 and 3 the other; item 1 has none."""
    answers = Answers(
        rank=np.array([1.0, 5.0, 2.0]),
        question=ints(0, 1, 2),
        target=ints(2, 0, 3),
        top=np.array([[2, 0], [2, 3], [2, 1]]),
        user=ints(0, 1, 2),
    )
    head, tail = popularity_buckets(answers, ints(5, 0, 10, 5), k=2, buckets=2)
    assert (head.items, head.of_training) == (1, 0.5)
    assert (tail.items, tail.of_training) == (3, 0.5)
    assert (head.of_targets, tail.of_targets) == pytest.approx((1 / 3, 2 / 3))
    assert (head.of_answers, tail.of_answers) == (0.5, 0.5)
    assert (head.recall, tail.recall) == (1.0, 0.5)
    assert miscalibration([head, tail]) == pytest.approx(1 / 6)


def test_popularity_for_all_is_as_miscalibrated_as_can_be_where_only_rare_items_are_wanted() -> None:
    """Nothing is shared: 1."""
    answers = Answers(np.array([2.0]), ints(0), ints(1), np.array([[0]]), ints(0))
    assert miscalibration(popularity_buckets(answers, ints(9, 9), k=1, buckets=2)) == 1.0


def test_shares_of_all_buckets_sum_to_one() -> None:
    """For many items and more buckets than are filled."""
    draw = np.random.default_rng(5)
    counts = (draw.pareto(1, 50) * 10).astype(np.int64)
    asked, top = np.arange(30), draw.integers(0, 50, (30, 10))
    answers = Answers(draw.random(30) * 50 + 1, asked, draw.integers(0, 50, 30), top, asked)
    buckets = popularity_buckets(answers, counts, k=10, buckets=7)
    assert sum(bucket.items for bucket in buckets) == 50
    for share in ("of_training", "of_targets", "of_answers"):
        assert sum(getattr(bucket, share) for bucket in buckets) == pytest.approx(1)


@pytest.mark.parametrize("k", [0, 4])
def test_more_places_than_were_kept_are_refused(k: int) -> None:
    """Coverage at 100 from lists of 20 would be too small."""
    with pytest.raises(InvalidInputError, match="1 to 3"):
        coverage(TOP, 4, k)
