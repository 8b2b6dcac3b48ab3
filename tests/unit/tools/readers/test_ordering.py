"""Rows in order on disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from millstream_tools.readers.ordering import SortedRows


def shuffled(many: int) -> list[tuple[int, int, str]]:
    """Rows with many equal times, numbered, in any order."""
    return [
        (time, number, f"row {number}") for number, time in enumerate(random.Random(many).choices(range(50), k=many))
    ]


@pytest.mark.parametrize("many", [0, 1, 9, 10, 11, 40, 41, 1000])
def test_rows_come_in_order_however_many_runs_they_need(tmp_path: Path, many: int) -> None:
    """With runs of ten rows and merges of four: none, one, several, merged runs, merged merged runs."""
    rows = SortedRows(tmp_path, run_rows=10, width=4)
    for row in shuffled(many):
        rows.add(row)
    assert list(rows) == sorted(shuffled(many))
    assert list(rows) == sorted(shuffled(many))


def test_few_runs_are_open_at_once(tmp_path: Path) -> None:
    """A thousand rows make a hundred runs; merged, they are fewer than three for each power of four."""
    rows = SortedRows(tmp_path, run_rows=10, width=4)
    for row in shuffled(1000):
        rows.add(row)
    assert len(list(tmp_path.iterdir())) <= 3 * 4


def test_everything_that_a_row_can_hold_comes_back(tmp_path: Path) -> None:
    """Bytes, texts of any letters, numbers of any size, nothing, and lists and names with these."""
    full = (2**60, 1, b"\x00\xff", True, "größe 中", None, -0.1, {"sessionId": "s", "impression": ["a"], "quantity": 2})
    rows = SortedRows(tmp_path, run_rows=1)
    rows.add(full)
    assert list(rows) == [full]
