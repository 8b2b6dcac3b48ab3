"""Ranks and top lists, each case worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import NOTHING, LedTo, answer, best
from millstream.learning.interactions import Floats, Ints
from tests.unit.tools.lab.made_up import ints, questions


class Fixed:
    """Gives each question the next row of a table; remembers how many it was asked at once."""

    def __init__(self, *rows: Sequence[float]) -> None:
        self.rows = np.array(rows, dtype=np.float64)
        self.asked: list[int] = []

    def score(self, histories: Sequence[Ints]) -> Floats:
        start = sum(self.asked)
        self.asked.append(len(histories))
        return self.rows[start : start + len(histories)]


def test_the_rank_counts_every_better_item_of_the_catalogue() -> None:
    """Item 2 has three better ones."""
    asked = questions([ints()], [ints(2)])
    assert answer(Fixed([0.9, 0.5, 0.1, 0.7, 0.0]), asked).rank.tolist() == [4.0]


def test_ties_count_half() -> None:
    """One better, two equal: 1 + 1 + 2/2. A model that cannot tell items apart gets the middle: 1 + 4/2."""
    assert answer(Fixed([0.9, 0.5, 0.5, 0.5, 0.0]), questions([ints()], [ints(2)])).rank.tolist() == [3.0]
    assert answer(Fixed([0, 0, 0, 0, 0]), questions([ints()], [ints(0)])).rank.tolist() == [3.0]


def test_excluded_items_count_neither_as_better_nor_as_equal() -> None:
    """Of two better and one equal, one better and the equal one are excluded."""
    asked = questions([ints(0, 3)], [ints(2)], [ints(0, 3, 0)])
    assert answer(Fixed([0.9, 0.8, 0.5, 0.5, 0.0]), asked).rank.tolist() == [2.0]


def test_an_excluded_target_is_never_found() -> None:
    """A list without the items of the history cannot hit one of them."""
    asked = questions([ints(2)], [ints(2, 1)], [ints(2)])
    assert answer(Fixed([0.1, 0.2, 0.9]), asked).rank.tolist() == [np.inf, 1.0]


def test_several_targets_of_a_question_are_ranked_in_one_list() -> None:
    """Each among all, the other target included."""
    asked = questions([ints()] * 2, [ints(0, 3), ints(1)])
    found = answer(Fixed([0.9, 0.5, 0.1, 0.7], [0.1, 0.2, 0.3, 0.4]), asked)
    assert found.rank.tolist() == [1.0, 2.0, 3.0]
    assert found.question.tolist() == [0, 0, 1]
    assert found.target.tolist() == [0, 3, 1]


def test_top_lists_are_best_first_equal_ones_by_index() -> None:
    """Excluded items and those that the model rules out are not in them."""
    scores = np.array([[0.5, 0.9, 0.5, np.nan, -np.inf]])
    assert best(scores, 4).tolist() == [[1, 0, 2, NOTHING]]
    assert best(scores, 7).tolist() == [[1, 0, 2] + [NOTHING] * 4]
    assert best(scores, 1).tolist() == [[1]]


def test_questions_are_asked_in_batches_with_the_same_answers() -> None:
    """Five questions by two."""
    rows = np.random.default_rng(1).random((5, 7))
    asked = questions([ints()] * 5, [ints(number) for number in range(5)])
    by_two, at_once = Fixed(*rows), Fixed(*rows)
    few, many = answer(by_two, asked, batch=2), answer(at_once, asked)
    assert (by_two.asked, at_once.asked) == ([2, 2, 1], [5])
    assert few.rank.tolist() == many.rank.tolist()
    assert few.top.tolist() == many.top.tolist()


def test_a_selection_of_answers_is_numbered_anew() -> None:
    """The middle question goes."""
    asked = questions([ints()] * 3, [ints(0, 1), ints(2), ints(1)])
    found = answer(Fixed([3, 2, 1], [3, 2, 1], [3, 2, 1]), asked).select(np.array([True, False, True]))
    assert (len(found), found.question.tolist(), found.rank.tolist()) == (2, [0, 0, 1], [1.0, 2.0, 2.0])


@pytest.mark.parametrize("rows", [[[0.1, np.nan, 0.2]], [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]])
def test_scores_that_are_no_numbers_or_of_another_shape_are_refused(rows: list[list[float]]) -> None:
    """Silence here would be a wrong table."""

    class Broken:
        def score(self, histories: Sequence[Ints]) -> Floats:
            return np.array(rows)

    with pytest.raises(InvalidInputError, match="scores"):
        answer(Broken(), questions([ints()], [ints(0)]))


class Few:
    """Scores of a few items, some below 0; all others have 0."""

    items = 12

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._rows: dict[int, LedTo] = {}

    def scores_of(self, history: Ints) -> LedTo:
        """See SparseScores."""
        (number,) = history.tolist()
        if number not in self._rows:
            found = np.sort(self._random.permutation(self.items)[: self._random.integers(0, 9)])
            self._rows[number] = LedTo(found, self._random.choice([-1.0, -0.5, 0.0, 0.5, 1.0], len(found)))
        return self._rows[number]


class Dense:
    """The same scores as rows of the whole catalogue."""

    def __init__(self, few: Few) -> None:
        self._few = few

    def score(self, histories: Sequence[Ints]) -> Floats:
        """See Scores."""
        scores = np.zeros((len(histories), self._few.items))
        for row, history in zip(scores, histories, strict=True):
            found = self._few.scores_of(history)
            row[found.items] = found.scores
        return scores


@pytest.mark.parametrize("seed", range(20))
def test_few_scores_are_ranked_as_rows_of_all_items_are(seed: int) -> None:
    """The same ranks and the same best items, with ties, negative scores and excluded items."""
    random = np.random.default_rng(100 + seed)
    asked = questions(
        [ints(number) for number in range(8)],
        [random.permutation(12)[: random.integers(1, 4)] for _ in range(8)],
        [random.permutation(12)[: random.integers(0, 6)] for _ in range(8)],
    )
    few = Few(seed)
    sparse, dense = answer(few, asked, top=12), answer(Dense(few), asked, top=12)  # type: ignore[arg-type]
    assert sparse.rank.tolist() == dense.rank.tolist()
    assert sparse.top.tolist() == dense.top.tolist()
