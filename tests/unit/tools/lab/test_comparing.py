"""Two models are compared on the same questions or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers
from millstream_tools.lab.evaluation.comparing import PerQuestion, compared, questions_digest
from tests.unit.tools.lab.made_up import interactions, ints, questions

DATA = interactions(("ann", "a"), ("ann", "b"), ("ann", "c"))
COUNT = 200
SPLIT = Split("made up", DATA, questions([ints(0)] * COUNT, [ints(1)] * COUNT))


def per_question(hits_of_ten: int, split: Split = SPLIT) -> PerQuestion:
    """A model that hits so many of ten questions."""
    number = np.arange(COUNT)
    ranks = np.where(number % 10 < hits_of_ten, 1.0, 99.0)
    return PerQuestion.of(split, Answers(ranks, number, number, np.zeros((COUNT, 1), np.int64), number), ["HR@10"])


def test_a_better_model_is_found_better_and_the_same_one_is_not() -> None:
    """0.5 against 0.3."""
    better = compared(per_question(5), per_question(3), "HR@10", seed=1)
    assert better.significant
    assert better.interval.mean == pytest.approx(0.2)
    assert not compared(per_question(3), per_question(3), "HR@10", seed=1).significant


def test_values_survive_a_file(tmp_path: Path) -> None:
    """Questions, users and values."""
    saved, path = per_question(3), tmp_path / "values.npz"
    saved.save(path)
    read = PerQuestion.load(path)
    assert read.questions == saved.questions
    assert read.user.tolist() == saved.user.tolist()
    assert read.values["HR@10"].tolist() == saved.values["HR@10"].tolist()
    assert list(read.values) == ["HR@10"]


@pytest.mark.parametrize(
    "split",
    [
        Split("made up", DATA, questions([ints(0)] * COUNT, [ints(2)] * COUNT)),
        Split("made up", DATA, questions([ints(0, 0)] + [ints(0)] * (COUNT - 1), [ints(1)] * COUNT)),
        Split("made up", DATA, questions([ints(0)] * COUNT, [ints(1)] * COUNT, [ints(0)] * COUNT)),
        Split("made up", interactions(("ann", "a"), ("ann", "b")), SPLIT.questions),
    ],
)
def test_models_that_were_asked_different_things_are_not_compared(split: Split) -> None:
    """Another target, history, exclusion or catalogue is another question."""
    with pytest.raises(InvalidInputError, match="questions"):
        compared(per_question(3), per_question(3, split), "HR@10", seed=1)


def test_what_was_fitted_on_does_not_change_the_questions() -> None:
    """So that a model without the validation rows can be compared with one that has them."""
    assert questions_digest(Split("other", DATA.select(DATA.item == 0), SPLIT.questions)) == questions_digest(SPLIT)


def test_a_metric_or_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With those that are."""
    with pytest.raises(InvalidInputError, match=r"first model has: HR@10"):
        compared(per_question(3), per_question(3), "MRR@10", seed=1)
    (tmp_path / "values.npz").write_text("no values")
    with pytest.raises(InvalidInputError, match="values by question"):
        PerQuestion.load(tmp_path / "values.npz")
