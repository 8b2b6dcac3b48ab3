"""For any rows: what a protocol asks and shows is what a plain loop over them finds, and the future stays unknown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millstream.learning.evaluation.leave_one_out import leave_one_out
from millstream.learning.evaluation.questions import Questions, Split
from millstream.learning.evaluation.time_split import ExcludeInTime, time_split
from millstream.learning.interactions import Interactions

USERS, ITEMS = 4, 6
ROW = st.tuples(st.integers(0, USERS - 1), st.integers(0, ITEMS - 1), st.integers(0, 12))
ROWS = st.lists(ROW, min_size=1, max_size=60)


def interactions(rows: list[tuple[int, int, int]]) -> Interactions:
    user, item, at = np.array(sorted(rows, key=lambda row: row[2]), dtype=np.int64).T.copy()
    labels = [str(number) for number in range(ITEMS)]
    return Interactions(user, item, at.astype(np.float64), labels[:USERS], labels)


def asked(questions: Questions) -> list[tuple[int, list[int], list[int], list[int]]]:
    """User, history, targets and excluded items of each question."""
    columns = (questions.histories, questions.targets, questions.excluded)
    return [
        (int(user), *([int(item) for item in column[number]] for column in columns))  # type: ignore[misc]
        for number, user in enumerate(questions.user)
    ]


def train_rows(split: Split) -> list[tuple[int, int, float]]:
    return list(zip(split.train.user.tolist(), split.train.item.tolist(), split.train.at.tolist(), strict=True))


def all_rows(data: Interactions) -> list[tuple[int, int, float]]:
    return list(zip(data.user.tolist(), data.item.tolist(), data.at.tolist(), strict=True))


@given(ROWS)
def test_a_history_is_a_users_items_in_the_order_of_the_rows(rows: list[tuple[int, int, int]]) -> None:
    """For every user, also for those without a row."""
    data = interactions(rows)
    expected = [[item for owner, item, _ in all_rows(data) if owner == user] for user in range(USERS)]
    assert [history.tolist() for history in data.histories()] == expected


@given(ROWS, st.sampled_from(["validation", "test"]), st.booleans())
def test_leave_one_out_hides_the_last_rows_and_nothing_else(
    rows: list[tuple[int, int, int]], part: str, fit_on_validation: bool
) -> None:
    """Each user's rows are counted from the end by hand."""
    data = interactions(rows)
    mine = {user: [row for row in all_rows(data) if row[0] == user] for user in range(USERS)}
    long_enough = [user for user in mine if len(mine[user]) >= 3]
    if not long_enough:
        return
    split = leave_one_out(data, part, fit_on_validation=fit_on_validation)  # type: ignore[arg-type]
    place = -1 if part == "test" else -2
    expected = [(user, [row[1] for row in mine[user][:place]], [mine[user][place][1]]) for user in long_enough]
    assert [question[:3] for question in asked(split.questions)] == expected
    hidden = 1 if part == "test" and fit_on_validation else 2
    known = [row for user in mine for row in (mine[user][:-hidden] if user in long_enough else mine[user])]
    assert sorted(train_rows(split)) == sorted(known)


@given(ROWS, st.floats(0.1, 0.9), st.booleans(), st.sampled_from(["history", "same time", "none"]))
def test_a_time_split_asks_for_every_later_row_after_all_that_came_before_it(
    rows: list[tuple[int, int, int]], share: float, live: bool, exclude: ExcludeInTime
) -> None:
    """And the training part is what lies before the moment of the cut."""
    data = interactions(rows)
    everything = all_rows(data)
    moment = everything[int(share * len(everything))][2]
    cut = sum(at < moment for _, _, at in everything)
    if not cut:
        return
    expected = []
    for number in range(cut, len(everything)):
        user, item, at = everything[number]
        before = [row for row in everything[:number] if row[0] == user]
        shown = [row[1] for row in (before if live else [row for row in before if row[2] < moment])]
        basket = [row[1] for row in before if row[2] == at]
        expected.append((user, shown, [item], {"history": shown, "same time": basket, "none": []}[exclude]))
    split = time_split(data, share, live=live, exclude=exclude)
    assert asked(split.questions) == expected
    assert train_rows(split) == everything[:cut]


@given(ROWS, st.floats(0.1, 0.9))
def test_the_rest_of_a_user_is_every_later_item_once(rows: list[tuple[int, int, int]], share: float) -> None:
    """Given what came before the cut."""
    data = interactions(rows)
    everything = all_rows(data)
    moment = everything[int(share * len(everything))][2]
    if everything[0][2] == moment:
        return
    expected = []
    for user in range(USERS):
        shown = [item for owner, item, at in everything if owner == user and at < moment]
        wanted = sorted({item for owner, item, at in everything if owner == user and at >= moment})
        if wanted:
            expected.append((user, shown, wanted, shown))
    assert asked(time_split(data, share, ask="rest", exclude="history").questions) == expected
