"""The form in which the lab holds data."""

from __future__ import annotations

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Interactions
from tests.unit.tools.lab.made_up import interactions, ints, rows_of

ROWS = interactions(
    ("ann", "tea", 1.0), ("bob", "jam", 2.0), ("ann", "jam", 2.0), ("bob", "tea", 5.0), ("ann", "tea", 6.0)
)


def test_a_history_has_a_users_items_oldest_first() -> None:
    """Repeats stay."""
    assert [history.tolist() for history in ROWS.histories()] == [[0, 1, 0], [1, 0]]


def test_a_user_without_rows_has_an_empty_history() -> None:
    """Also the last one."""
    assert [len(history) for history in ROWS.select(ROWS.user == 0).histories()] == [3, 0]


def test_a_selection_keeps_the_labels_and_compacting_drops_the_unused_ones() -> None:
    """Codes keep their meaning until someone asks for new ones."""
    of_bob = ROWS.select(np.array([False, True, False, False, False]))
    assert (list(of_bob.users), list(of_bob.items)) == (["ann", "bob"], ["tea", "jam"])
    compact = of_bob.compacted()
    assert (list(compact.users), list(compact.items)) == (["bob"], ["jam"])
    assert rows_of(compact) == rows_of(of_bob) == [("bob", "jam")]


def test_counts_are_rows_of_each_label() -> None:
    """Zero included."""
    assert ROWS.user_counts().tolist() == [3, 2]
    assert ROWS.item_counts().tolist() == [3, 2]
    assert ROWS.select(ROWS.item == 1).item_counts().tolist() == [0, 2]


def test_rows_without_times_are_not_timed() -> None:
    """They have an order only."""
    assert ROWS.timed
    assert not interactions(("ann", "tea")).timed


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("user", (ints(0, 2), ints(0, 0), np.array([1.0, 2.0]))),
        ("item", (ints(0, 1), ints(0, 1), np.array([1.0, 2.0]))),
        ("item", (ints(0, 1), ints(0), np.array([1.0, 2.0]))),
        ("item", (ints(0, 1), np.array([0.0, 0.0]), np.array([1.0, 2.0]))),
        ("at", (ints(0, 1), ints(0, 0), np.array([1.0]))),
        ("at", (ints(0, 1), ints(0, 0), np.array([1.0, np.nan]))),
        ("at", (ints(0, 1), ints(0, 0), np.array([2.0, 1.0]))),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(
    field: str, columns: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    """Lengths, ranges, kinds and the order of time."""
    with pytest.raises(InvalidInputError) as refused:
        Interactions(*columns, ["ann", "bob"], ["tea"])
    assert refused.value.field == field
