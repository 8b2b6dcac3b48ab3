"""What the file of a search may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.experiments.tuning import read_tuning
from millstream_tools.places import CHECKOUT
from tests.unit.tools.lab.tuning.small import STATED, written

TUNINGS = CHECKOUT / "infra" / "millstream_tools" / "lab" / "experiments" / "tunings"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 3}, "expected a mapping with the keys title, data"),
        ({"trials": 0}, "trials: expected a whole number, at least 1"),
        ({"metric": "speed"}, "metric: expected one of HR"),
        ({"models": []}, "models: expected one or more"),
        ({"validation": {"kind": "sampled"}}, "validation.kind: expected one of time_series, leave_one_out"),
        ({"validation": {"kind": "time_series", "cuts": [0.8]}}, "validation.cuts: expected two or more rising shares"),
        ({"validation": {"kind": "time_series", "cuts": [0.8, 0.6]}}, "validation.cuts: expected two or more rising"),
        ({"validation": {"kind": "leave_one_out", "cuts": [0.8]}}, "validation.cuts: expected none for leave_one_out"),
        (
            {"validation": {"kind": "time_series", "cuts": [0.5, 0.8], "knobs": {"share": 0.9}}},
            "validation.knobs: expected names among ask, live",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """Before anything is read or fitted."""
    with pytest.raises(InvalidInputError, match=message):
        read_tuning(written(tmp_path, {**STATED, **change}))


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({}, "what comes next.search: expected one or more knobs"),
        ({"last": {"low": 8, "high": 1}}, "search: expected low < high"),
        ({"last": {"low": 0, "high": 8, "log": True}}, "search: expected low above 0 where log is true"),
        ({"last": {"choices": [1]}}, "search.last: expected low and high, perhaps log: true, or two choices"),
        ({"last": 3}, "search.last: expected low and high, perhaps log: true, or two choices"),
        ({"speed": {"low": 1, "high": 2}}, "speed: expected one of reach, decay"),
        ({"asked_decay": {"low": 0.5, "high": 1.5}}, "asked_decay: expected a number above 0 and at most 1, got 1.5"),
        ({"parts.0.weight": {"low": 0.5, "high": 1.5}}, "search: expected parts among the fixed knobs"),
    ],
)
def test_a_wrong_search_is_refused_by_name(tmp_path: Path, search: dict[str, Any], message: str) -> None:
    """Not after an hour."""
    models = [{**STATED["models"][0], "search": search}]
    with pytest.raises(InvalidInputError, match=message):
        read_tuning(written(tmp_path, {**STATED, "models": models}))


@pytest.mark.parametrize("path", sorted(TUNINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_tuning_of_the_project_can_be_read(path: Path) -> None:
    """Its models and knobs exist."""
    assert read_tuning(path).models
