"""The state of a choice in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.trials import Outcome

ABOUT = {"data": "set", "seed": 1}


def outcome(*values: float) -> Outcome:
    return Outcome(np.array(values), np.array([float(value > 0) for value in values]), 1.5)


def test_outcomes_are_found_again_to_the_last_bit(tmp_path: Path) -> None:
    """By a process that comes later."""
    Journal(tmp_path, ABOUT).put("one", outcome(1 / 3, 0.0))
    found = Journal(tmp_path, ABOUT).get("one")
    assert found is not None
    assert found.values.tolist() == [1 / 3, 0.0]
    assert found.hits.tolist() == [1.0, 0.0]
    assert found.units == 1.5


def test_another_choice_has_another_file(tmp_path: Path) -> None:
    """Of other data, another seed or budget."""
    Journal(tmp_path, ABOUT).put("one", outcome(1.0))
    assert Journal(tmp_path, {**ABOUT, "seed": 2}).get("one") is None


@given(cut=st.integers(0, 400), junk=st.binary(max_size=40))
def test_whatever_was_cut_off_or_damaged_only_whole_outcomes_are_read(
    tmp_path_factory: object, cut: int, junk: bytes
) -> None:
    """And what is put afterwards is found."""
    folder = tmp_path_factory.mktemp("journal")  # type: ignore[attr-defined]  # pytest's own fixture
    journal = Journal(folder, ABOUT)
    journal.put("one", outcome(0.25))
    journal.put("two", outcome(0.5))
    assert journal.path is not None
    journal.path.write_bytes(journal.path.read_bytes()[:cut] + junk)
    damaged = Journal(folder, ABOUT)
    for key, value in (("one", 0.25), ("two", 0.5)):
        known = damaged.get(key)
        assert known is None or known.values.tolist() == [value]
    damaged.put("three", outcome(0.75))
    again = Journal(folder, ABOUT).get("three")
    assert again is not None
    assert again.values.tolist() == [0.75]


def test_nothing_is_left_of_a_finished_choice(tmp_path: Path) -> None:
    """The model's card has what is worth keeping."""
    journal = Journal(tmp_path, ABOUT)
    journal.put("one", outcome(1.0))
    journal.remove()
    assert not list(tmp_path.iterdir())
