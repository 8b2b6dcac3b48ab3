"""For any rows: a k-core is one, is as large as it can be, and steps done twice do nothing more."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millstream.learning.interactions import Interactions
from millstream.learning.preparation import AccidentalClicks, DropDuplicates, KCore

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40)


def rows(pairs: list[tuple[int, int]], times: list[float] | None = None) -> Interactions:
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    at = np.arange(len(pairs), dtype=np.float64) if times is None else np.array(times, dtype=np.float64)
    labels = [str(number) for number in range(6)]
    return Interactions(columns[:, 0].copy(), columns[:, 1].copy(), at, labels, labels)


def core_by_hand(pairs: list[tuple[int, int]], user_rows: int, item_rows: int) -> list[int]:
    """Drop one row that has too little beside it, and look again."""
    left = list(range(len(pairs)))
    while True:
        users, items = Counter(pairs[row][0] for row in left), Counter(pairs[row][1] for row in left)
        poor = [row for row in left if users[pairs[row][0]] < user_rows or items[pairs[row][1]] < item_rows]
        if not poor:
            return left
        left.remove(poor[0])


@given(PAIRS, st.integers(1, 4), st.integers(1, 4))
def test_a_k_core_is_what_dropping_one_row_at_a_time_leaves(
    pairs: list[tuple[int, int]], user_rows: int, item_rows: int
) -> None:
    """So it is the largest, whatever the order, and a fixpoint."""
    step, data = KCore(user_rows, item_rows), rows(pairs)
    kept = step.keeps(data)
    assert np.flatnonzero(kept).tolist() == core_by_hand(pairs, user_rows, item_rows)
    assert step.keeps(data.select(kept)).all()


@given(PAIRS)
def test_after_duplicates_are_dropped_there_are_none_and_every_pair_is_left(pairs: list[tuple[int, int]]) -> None:
    """In the order in which they first came."""
    data = rows(pairs)
    left = data.select(DropDuplicates().keeps(data))
    assert list(zip(left.user.tolist(), left.item.tolist(), strict=True)) == list(dict.fromkeys(pairs))


@given(PAIRS, st.data())
def test_no_user_loses_the_last_visit_to_the_rules_about_accidents(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    """However quick the clicks were; and only rows that were there are left."""
    gaps = data.draw(st.lists(st.sampled_from([0.0, 1.0, 3.0, 60.0]), min_size=len(pairs), max_size=len(pairs)))
    clicks = rows(pairs, np.cumsum(gaps).tolist())
    if not len(clicks):
        return
    left = clicks.select(AccidentalClicks().keeps(clicks))
    assert dict(zip(left.user.tolist(), left.item.tolist(), strict=True)) == dict(pairs)  # the later pair wins
