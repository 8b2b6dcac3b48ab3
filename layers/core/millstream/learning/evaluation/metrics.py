"""Accuracy metrics, one value per question, so that means, errors and paired comparisons use the same numbers.

With one target per question, hit rate, recall and accuracy@k are equal. Definitions: K. Järvelin, J. Kekäläinen,
"Cumulated gain-based evaluation of IR techniques", ACM TOIS 2002 (NDCG, gain 1); E. Voorhees, TREC-8, 1999 (MRR). An
item is within k if its rank is below k + 1, with ties counted half, so 10.5 is within 10. With ties, more than k
targets can be within k; their number is limited to k.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import Answers
from millstream.learning.interactions import Floats

Metric = Callable[[Answers, int], Floats]


def hit_rate(answers: Answers, k: int) -> Floats:
    """1 if a target is within k, else 0, [q]."""
    return np.minimum(_found(answers, k), 1.0)


def recall(answers: Answers, k: int) -> Floats:
    """The fraction of a question's targets that are within k, [q]."""
    return _found(answers, k) / _targets(answers)


def precision(answers: Answers, k: int) -> Floats:
    """The fraction of the first k items that are targets, [q]."""
    return _found(answers, k) / k


def f1(answers: Answers, k: int) -> Floats:
    """The harmonic mean of precision and recall, [q]; 0 if both are 0."""
    return 2 * _found(answers, k) / (k + _targets(answers))


def ndcg(answers: Answers, k: int) -> Floats:
    """The sum of 1 / log2(1 + rank) over targets within k, divided by that of the ideal order, [q]."""
    _check(k)
    gains = np.where(answers.rank < k + 1, 1 / np.log2(1 + answers.rank), 0.0)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    reachable = np.minimum(_targets(answers), k).astype(np.int64)
    return np.minimum(_summed(answers, gains) / ideal[reachable - 1], 1.0)


def mrr(answers: Answers, k: int) -> Floats:
    """1 / rank of the first target if that is within k, else 0, [q]."""
    _check(k)
    first = np.full(len(answers), np.inf)
    np.minimum.at(first, answers.question, answers.rank)
    return np.where(first < k + 1, 1 / first, 0.0)


METRICS: dict[str, Metric] = {
    "HR": hit_rate,
    "Recall": recall,
    "Precision": precision,
    "F1": f1,
    "NDCG": ndcg,
    "MRR": mrr,
}


def metric(name: str) -> tuple[Metric, int]:
    """The function and the k of a name such as "NDCG@10". Raises `InvalidInputError` for any other."""
    kind, _, k = name.partition("@")
    if kind not in METRICS or not k.isdigit() or int(k) < 1:
        raise InvalidInputError("metric", f"one of {', '.join(METRICS)}, then @ and a number from 1", name)
    return METRICS[kind], int(k)


def measure(answers: Answers, name: str) -> Floats:
    """The metric with this name, one value per question, [q]; tables report its mean."""
    function, k = metric(name)
    return function(answers, k)


def _found(answers: Answers, k: int) -> Floats:
    _check(k)
    return np.minimum(_summed(answers, np.where(answers.rank < k + 1, 1.0, 0.0)), float(k))


def _targets(answers: Answers) -> Floats:
    return _summed(answers, np.ones(len(answers.rank)))


def _summed(answers: Answers, values: Floats) -> Floats:
    return np.bincount(answers.question, values, minlength=len(answers)).astype(np.float64)


def _check(k: int) -> None:
    if k < 1:
        raise InvalidInputError("k", "at least 1", k)
