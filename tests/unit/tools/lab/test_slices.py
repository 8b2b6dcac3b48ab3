"""Which questions and targets belong to which slice."""

from __future__ import annotations

import numpy as np

from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers
from millstream.learning.evaluation.slices import slices
from tests.unit.tools.lab.made_up import interactions, ints, questions

KNOWN = interactions(("ann", "a"), ("ann", "b"), ("bob", "a"), ("cy", "new"))
TRAIN = KNOWN.select(KNOWN.user < 2)
"""Cy and the item `new` are in the labels only."""

SPLIT = Split("made up", TRAIN, questions([ints(0, 1), ints(0), ints()], [ints(2), ints(1, 2), ints(0)]))
ANSWERS = Answers(
    rank=np.array([3.0, 1.0, 2.0, 4.0]),
    question=ints(0, 1, 1, 2),
    target=ints(2, 1, 2, 0),
    top=np.zeros((3, 1), np.int64),
    user=ints(0, 1, 2),
)


def ranks(known_from: int = 1) -> dict[str, list[float]]:
    """The ranks in each slice."""
    return {name: part.rank.tolist() for name, part in slices(SPLIT, ANSWERS, known_from).items()}


def test_each_slice_has_its_own_users_or_targets() -> None:
    """Bob is asked for a known and for a new item: each counts in its slice."""
    assert ranks() == {
        "all": [3, 1, 2, 4],
        "cold user": [4],
        "known user": [3, 1, 2],
        "cold item": [3, 2],
        "known item": [1, 4],
        "known item, some history": [1],
        "item that is new to the user": [3, 1, 2, 4],
    }


def test_how_many_rows_make_a_user_known_is_said() -> None:
    """With two rows needed, Bob is cold and only item a is known."""
    assert ranks(known_from=2)["known user"] == [3]
    assert ranks(known_from=2)["known item"] == [4]


def test_a_question_counts_only_its_targets_of_the_slice() -> None:
    """Bob's recall among cold items is of one item, not of two."""
    assert measure(slices(SPLIT, ANSWERS)["cold item"], "Recall@2").tolist() == [0, 1]


def test_a_slice_in_which_nobody_was_asked_is_left_out() -> None:
    """Its mean would be of nothing."""
    assert "cold user" not in slices(Split("made up", KNOWN, SPLIT.questions), ANSWERS)
