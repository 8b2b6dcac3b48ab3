"""For any scores: ranks are what a plain loop counts, and metrics stay within their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.learning.evaluation.metrics import METRICS, measure
from millstream.learning.evaluation.questions import Questions
from millstream.learning.evaluation.ranking import NOTHING, Answers, answer
from millstream.learning.interactions import Floats, Ints


@dataclass
class Table:
    """A model that knows the scores of every question by its number, which is its history."""

    scores: Floats

    def score(self, histories: Sequence[Ints]) -> Floats:
        return self.scores[[int(history[0]) for history in histories]]


@st.composite
def asked(draw: st.DrawFn) -> tuple[Floats, Questions]:
    """A few questions over a small catalogue, with few distinct scores, so that ties are common."""
    items = draw(st.integers(1, 12))
    count = draw(st.integers(1, 6))
    item = st.integers(0, items - 1)
    score = st.sampled_from([0.0, 0.5, 1.0, -1.0, -np.inf, 1e-300]) | st.floats(-1e300, 1e300)
    scores = np.array(draw(st.lists(st.lists(score, min_size=items, max_size=items), min_size=count, max_size=count)))
    targets = draw(st.lists(st.lists(item, min_size=1, max_size=5, unique=True), min_size=count, max_size=count))
    excluded = draw(st.lists(st.lists(item, max_size=5), min_size=count, max_size=count))
    return scores, Questions(
        user=np.arange(count),
        histories=[np.array([number]) for number in range(count)],
        targets=[np.array(of_question, np.int64) for of_question in targets],
        excluded=[np.array(of_question, np.int64) for of_question in excluded],
    )


def counted(scores: Floats, target: int, excluded: Ints) -> float:
    """The rank as a person would count it."""
    if target in excluded:
        return np.inf
    rank = 1.0
    for item, score in enumerate(scores):
        if item != target and item not in excluded:
            rank += 1.0 if score > scores[target] else 0.5 if score == scores[target] else 0.0
    return rank


def answered(case: tuple[Floats, Questions], batch: int) -> Answers:
    scores, questions = case
    return answer(Table(scores), questions, top=5, batch=batch)


@given(asked(), st.integers(1, 7))
def test_a_rank_is_what_a_loop_over_the_whole_catalogue_counts(case: tuple[Floats, Questions], batch: int) -> None:
    """Whatever the scores, exclusions and batches."""
    scores, questions = case
    expected = [
        counted(scores[number], int(target), questions.excluded[number])
        for number in range(len(questions))
        for target in questions.targets[number]
    ]
    assert answered(case, batch).rank.tolist() == expected


@given(asked())
def test_a_top_list_has_the_best_items_that_may_be_answered(case: tuple[Floats, Questions]) -> None:
    """Its scores are those of a full sort; no item twice, none excluded, none that the model rules out."""
    scores, questions = case
    for number, top in enumerate(answered(case, 3).top):
        able = [i for i, s in enumerate(scores[number]) if i not in questions.excluded[number] and s > -np.inf]
        found = top[top != NOTHING].tolist()
        assert len(set(found)) == len(found) == min(5, len(able))
        assert set(found) <= set(able)
        assert [scores[number][item] for item in found] == sorted((scores[number][i] for i in able), reverse=True)[:5]


@pytest.mark.parametrize("name", METRICS)
@given(case=asked(), k=st.integers(1, 15))
def test_every_metric_is_from_0_to_1_and_a_perfect_model_reaches_1(
    name: str, case: tuple[Floats, Questions], k: int
) -> None:
    """Perfect: all targets before everything else, one target a question."""
    values = measure(answered(case, 3), f"{name}@{k}")
    assert len(values) == len(case[1])
    assert ((values >= 0) & (values <= 1)).all()
    perfect = Answers(np.array([1.0]), np.array([0]), np.array([0]), np.zeros((1, 1), np.int64), np.array([0]))
    reached = measure(perfect, f"{name}@{k}")[0]
    assert reached == pytest.approx({"Precision": 1 / k, "F1": 2 / (k + 1)}.get(name, 1.0))
