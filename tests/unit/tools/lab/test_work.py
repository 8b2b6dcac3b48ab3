"""What a fit costs, in a unit that is the same on every machine."""

from __future__ import annotations

import pytest

from millstream.learning.families.contract import Estimated
from millstream_tools.lab.models.families import create

SIZE = (100_000, 1_000, 2_000)
"""Rows, users, items."""


def work(family: str, knobs: dict[str, object] | None = None, size: tuple[int, int, int] = SIZE) -> float:
    """Of a fit on data of this size."""
    model = create(family, knobs or {})
    assert isinstance(model, Estimated)
    return model.work(*size)


@pytest.mark.parametrize("family", ["popularity", "own_items", "covisitation", "item_knn", "session_knn", "ials"])
def test_twice_the_users_are_at_most_twice_the_work(family: str) -> None:
    """Each with as many rows, on the same catalogue."""
    rows, users, items = SIZE
    assert work(family) < work(family, size=(2 * rows, 2 * users, items)) <= 2 * work(family)


def test_the_work_of_ease_depends_on_the_catalogue_alone() -> None:
    """It grows between its square and its cube."""
    rows, users, items = SIZE
    assert work("ease") == work("ease", size=(9 * rows, 9 * users, items))
    assert 4 * work("ease") < work("ease", size=(rows, users, 2 * items)) < 8 * work("ease")


def test_knobs_that_cost_are_counted() -> None:
    """Epochs, sweeps, and how far back transitions are counted."""
    pytest.importorskip("torch", reason="the extra neural is not installed")
    assert work("sequence", {"epochs": 6}) == pytest.approx(3 * work("sequence", {"epochs": 2}))
    assert work("sequence", {"loss": "gbce"}) < work("sequence")
    assert work("ials", {"iterations": 6}) == pytest.approx(3 * work("ials", {"iterations": 2}))
    assert work("covisitation", {"reach": 2}) < work("covisitation", {"reach": 9})


def test_a_blend_is_the_work_of_its_parts() -> None:
    """Unknown, if that of one is."""
    parts = [{"family": "covisitation", "weight": 1}, {"family": "ease", "weight": 1}]
    assert work("blend", {"parts": parts}) == work("covisitation") + work("ease")
    assert not isinstance(create("blend", {"parts": [*parts, {"family": "random", "weight": 1}]}), Estimated)


@pytest.mark.parametrize(
    ("family", "cpu_s"),
    [
        ("popularity", 0.03),
        ("session_knn", 0.04),
        ("item_knn", 0.26),
        ("covisitation", 0.23),
        ("ease", 0.66),
        ("ials", 0.54),
    ],
)
def test_the_estimate_is_within_a_factor_of_two_of_what_was_measured(family: str, cpu_s: float) -> None:
    """On all of MovieLens-100K."""
    assert cpu_s / 2 < work(family, size=(99_906, 943, 1_612)) < 2 * cpu_s
