"""What is written down of a model, for programs and for people."""

from __future__ import annotations

import json

import numpy as np
import pytest

from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers
from millstream_tools.lab.evaluation.results import METRICS, Published, as_json, as_table, measured
from tests.unit.tools.lab.made_up import interactions, ints, questions

DATA = interactions(("ann", "a"), ("ann", "b"), ("bob", "a"), ("cy", "c"))
SPLIT = Split("made up", DATA.select(DATA.user < 2), questions([ints(0), ints(0), ints()], [ints(1), ints(2), ints(0)]))
TOP = np.tile(np.arange(10) % 3, (3, 1))
ANSWERS = Answers(np.array([1.0, 20.0, 2.0]), ints(0, 1, 2), ints(1, 2, 0), TOP, ints(0, 1, 2))
MODEL = measured("made up model", SPLIT, ANSWERS, seed=1, seconds={"fit": 0.26}, samples=50)


def test_every_slice_has_every_metric_with_its_interval() -> None:
    """The means are those of the metrics."""
    assert [(name, part.questions) for name, part in MODEL.slices.items()] == [
        ("all", 3), ("cold user", 1), ("known user", 2), ("cold item", 1), ("known item", 2),
        ("known item, some history", 1),
        ("item that is new to the user", 3),
    ]  # fmt: skip
    for name in METRICS:
        found = MODEL.slices["all"].metrics[name]
        assert found.mean == measure(ANSWERS, name).mean()
        assert found.low <= found.mean <= found.high


def test_json_has_what_is_needed_to_make_the_figures_again() -> None:
    """And nothing that JSON cannot say."""
    content = json.loads(as_json({"command": "millstream lab run x.yaml", "seed": 1}, [MODEL]))
    assert content["command"] == "millstream lab run x.yaml"
    model = content["models"][0]
    assert model["protocol"] == "made up"
    assert model["slices"]["all"]["metrics"]["HR@10"]["mean"] == pytest.approx(2 / 3)
    assert model["slices"]["all"]["lists"]["coverage@10"] == 1.0
    assert len(model["popularity_buckets"]) == 5


def test_the_table_says_means_with_their_errors_and_what_it_took() -> None:
    """Hit rate 2 of 3; one standard error after it."""
    head, _, row = as_table([MODEL], metrics=["HR@10"], lists=["coverage@10"]).splitlines()
    assert head == "| model | HR@10 | coverage@10 | fit (s) |"
    error = MODEL.slices["all"].metrics["HR@10"].standard_error
    assert row == f"| made up model | 0.6667 ± {error:.4f} | 1.000 | 0.3 |"


def test_published_figures_stand_below_with_their_source() -> None:
    """What a source does not give is empty."""
    other = Published("SASRec+", "Klenitskiy 2023", {"HR@10": 0.3152}, "window 200")
    lines = as_table([MODEL], published=[other]).splitlines()
    assert lines[0].endswith("| fit (s) | source |")
    assert lines[2].endswith("| measured here |")
    assert lines[3] == "| SASRec+ | 0.3152 |  |  | Klenitskiy 2023; window 200 |"


def test_a_model_that_nobody_asked_in_a_slice_has_no_row_there() -> None:
    """Its mean would be of nothing."""
    assert len(as_table([MODEL], slice_name="cold item").splitlines()) == 3
    assert len(as_table([MODEL], slice_name="no such slice").splitlines()) == 2
