"""Who is asked what, and what the model may know."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.leave_one_out import Part, leave_one_out
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Questions
from millstream.learning.evaluation.ranking import answer
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.experiments.source import Source
from tests.unit.tools.lab.made_up import interactions, rows_of

ROWS = interactions(
    ("ann", "a"),
    ("bob", "b"),
    ("ann", "b"),
    ("ann", "c"),
    ("bob", "c"),
    ("ann", "d"),
    ("bob", "a"),
    ("cy", "d"),
    ("cy", "a"),
)
"""Ann: a b c d. Bob: b c a. Cy: d a, too short to be asked."""


def asked(questions: Questions, items: Sequence[str]) -> list[tuple[str, str]]:
    """Each question as its history and its target."""
    return [
        ("".join(items[i] for i in history), "".join(items[i] for i in target))
        for history, target in zip(questions.histories, questions.targets, strict=True)
    ]


def train_of(data: Interactions) -> dict[str, str]:
    """Each user's items in the training part."""
    histories: dict[str, str] = {}
    for user, item in rows_of(data):
        histories[user] = histories.get(user, "") + item
    return histories


@pytest.mark.parametrize(
    ("part", "fit_on_validation", "questions", "train"),
    [
        ("test", True, [("abc", "d"), ("bc", "a")], {"ann": "abc", "bob": "bc", "cy": "da"}),
        ("test", False, [("abc", "d"), ("bc", "a")], {"ann": "ab", "bob": "b", "cy": "da"}),
        ("validation", True, [("ab", "c"), ("b", "c")], {"ann": "ab", "bob": "b", "cy": "da"}),
    ],
)
def test_the_last_item_is_the_test_and_the_one_before_the_validation(
    part: Part, fit_on_validation: bool, questions: list[tuple[str, str]], train: dict[str, str]
) -> None:
    """The validation never sees the test item."""
    split = leave_one_out(ROWS, part, fit_on_validation=fit_on_validation)
    assert asked(split.questions, ROWS.items) == questions
    assert train_of(split.train) == train
    assert split.train.items == ROWS.items
    assert split.questions.user.tolist() == [0, 1]


def test_the_shown_history_is_excluded_or_nothing_is() -> None:
    """The protocol's name says which, and on what the model was fitted."""
    films, shops = leave_one_out(ROWS), leave_one_out(ROWS, exclude="none", fit_on_validation=False)
    assert [e.tolist() for e in films.questions.excluded] == [h.tolist() for h in films.questions.histories]
    assert [len(e) for e in shops.questions.excluded] == [0, 0]
    assert films.protocol == "leave-one-out test, fit on [:-1], history excluded"
    assert shops.protocol == "leave-one-out test, fit on [:-2], nothing excluded"


def test_data_in_which_nobody_can_be_asked_is_refused() -> None:
    """Two rows are too few: one to show, one to validate, one to test."""
    with pytest.raises(InvalidInputError, match="three or more rows"):
        leave_one_out(interactions(("ann", "a"), ("ann", "b")))


@pytest.mark.parametrize("options", [{"part": "valid"}, {"exclude": "seen"}])
def test_a_misspelt_choice_is_refused_with_the_choices(options: dict[str, str]) -> None:
    """Rather than measured as something else."""
    (field,) = options
    with pytest.raises(InvalidInputError, match="expected one of") as refused:
        leave_one_out(ROWS, **options)  # type: ignore[arg-type]  # words from a file
    assert refused.value.field == field


class Popularity:
    """The same scores for everybody: how often each item came."""

    def __init__(self, train: Interactions) -> None:
        self.counts = train.item_counts().astype(np.float64)

    def score(self, histories: Sequence[Ints]) -> Floats:
        return np.tile(self.counts, (len(histories), 1))


@pytest.mark.skipif(
    "MILLSTREAM_DATA" not in os.environ, reason="needs MILLSTREAM_DATA with movielens-1m/ml-1m_sas.txt.gz"
)
def test_popularity_on_ml_1m_is_what_others_measured() -> None:
    """HR@10 0.0364 and NDCG@10 0.0179 by an independent implementation of the same protocol."""
    split = leave_one_out(
        Source("pairs", "movielens-1m/ml-1m_sas.txt.gz").rows(Path(os.environ["MILLSTREAM_DATA"])).interactions
    )
    answers = answer(Popularity(split.train), split.questions)
    assert len(answers) == 6040
    assert measure(answers, "HR@10").mean() == pytest.approx(0.0364, abs=0.00005)
    assert measure(answers, "NDCG@10").mean() == pytest.approx(0.0179, abs=0.00005)


@pytest.mark.parametrize(("part", "code"), [("test", 3), ("validation", 2), ("confirmation", 1)])
def test_a_question_knows_what_was_known_with_its_target(part: Part, code: int) -> None:
    """Not with the items after it."""
    rows = interactions(*(("ann", item, at) for at, item in enumerate("abcd")))
    attributes = np.zeros((4, 8), np.uint16)
    attributes[:, 5] = range(4)
    asked = leave_one_out(replace(rows, attributes=attributes), part).questions
    assert asked.attributes[:, 5].tolist() == [code]
