"""How a choice of knobs is judged: fitted on what came before its questions."""

from __future__ import annotations

import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.experiments.tuning import Validation
from tests.unit.tools.lab.made_up import interactions


def test_folds_are_fitted_on_what_came_before_their_questions() -> None:
    """An expanding window: each fold begins where the one before it ended, and the last cut is not crossed."""
    data = interactions(*((f"u{row % 3}", f"i{row}", float(row)) for row in range(20)))
    folds = Validation("time_series", (0.5, 0.75, 0.9)).folds(data)
    assert [fold.train.at.tolist() for fold in folds] == [list(range(10)), list(range(15))]
    assert [[int(target[0]) for target in fold.questions.targets] for fold in folds] == [
        list(range(10, 15)),
        list(range(15, 18)),
    ]


def test_without_times_the_item_before_the_last_is_asked_for() -> None:
    """And the page says that these are no cuts in time."""
    data = interactions(*((user, item) for user in "ab" for item in "pqrs"))
    validation = Validation("leave_one_out")
    (fold,) = validation.folds(data)
    assert [data.items[int(target[0])] for target in fold.questions.targets] == ["r", "r"]
    assert len(fold.train) == 4
    assert "No cuts in time" in str(validation)


def test_cuts_in_time_are_refused_where_there_are_no_times() -> None:
    """Rather than taking the file's order for one."""
    with pytest.raises(InvalidInputError, match="validation.kind: expected leave_one_out for rows without times"):
        Validation("time_series", (0.5, 0.8)).folds(interactions(("a", "p"), ("a", "q")))
