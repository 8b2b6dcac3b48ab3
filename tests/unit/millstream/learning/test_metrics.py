"""Each metric on a case that was worked out by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.metrics import measure
from tests.unit.tools.lab.made_up import ranked

THREE = ranked([1, 4, 30], [3], [np.inf])
"""Three targets at 1, 4 and 30; one at 3; one excluded."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HR@1", [1, 0, 0]),
        ("HR@10", [1, 1, 0]),
        ("Recall@10", [2 / 3, 1, 0]),
        ("Precision@10", [2 / 10, 1 / 10, 0]),
        ("Precision@1", [1, 0, 0]),
        ("F1@10", [2 * (2 / 3) * 0.2 / (2 / 3 + 0.2), 2 * 1 * 0.1 / 1.1, 0]),
        ("NDCG@10", [(1 + 1 / log2(5)) / (1 + 1 / log2(3) + 1 / log2(4)), 1 / log2(4), 0]),
        ("NDCG@2", [1 / (1 + 1 / log2(3)), 0, 0]),
        ("MRR@10", [1, 1 / 3, 0]),
        ("MRR@2", [1, 0, 0]),
    ],
)
def test_metrics_are_what_a_person_works_out(name: str, expected: list[float]) -> None:
    """One value a question."""
    assert measure(THREE, name).tolist() == pytest.approx(expected)


def test_within_ten_is_what_has_fewer_than_ten_before_it() -> None:
    """Rank 10.5 has nine and a half: it is tied across the border."""
    at_the_border = ranked([10], [10.5], [11])
    assert measure(at_the_border, "HR@10").tolist() == [1, 1, 0]
    assert measure(at_the_border, "NDCG@10").tolist() == pytest.approx([1 / log2(11), 1 / log2(11.5), 0])


def test_ties_cannot_lift_a_metric_above_its_bounds() -> None:
    """Fifteen equal items, all wanted: each has rank 8, but ten places hold ten."""
    tied = ranked([8.0] * 15)
    for name, expected in (("Precision@10", 1), ("Recall@10", 10 / 15), ("HR@10", 1)):
        assert measure(tied, name).tolist() == pytest.approx([expected])
    assert measure(ranked([2.0, 2.0, 2.0]), "NDCG@1").tolist() == [0]
    assert measure(ranked([1.0, 1.0, 1.0]), "NDCG@1").tolist() == [1]


@pytest.mark.parametrize("name", ["NDCG", "NDCG@0", "NDCG@ten", "AUC@10", "@10"])
def test_an_unknown_metric_is_refused_with_those_that_exist(name: str) -> None:
    """A misspelt configuration must not measure something else."""
    with pytest.raises(InvalidInputError, match=r"HR, Recall, Precision, F1, NDCG, MRR"):
        measure(THREE, name)
