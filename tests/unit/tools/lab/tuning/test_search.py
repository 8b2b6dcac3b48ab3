"""What a search tries, and what it finds."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.unit.tools.lab.tuning.small import STATED, ran, tried_in


def test_the_search_finds_better_knobs_than_it_began_with(found: Path) -> None:
    """On these walks only the last item counts."""
    content = json.loads((found / "walks.json").read_text())
    (model,) = content["models"]
    assert model["best"]["value"] > model["before"]["value"] + 0.02
    assert model["best"]["value"] == max(one["value"] for one in model["tried"] if one["value"])
    assert model["knobs"] == {**STATED["models"][0]["knobs"], **model["best"]["knobs"]}


def test_knobs_stay_where_they_were_allowed(found: Path) -> None:
    """Whole numbers stay whole."""
    for one in tried_in(found):
        assert 0.05 <= one["knobs"]["asked_decay"] <= 1.0
        assert one["knobs"]["last"] in range(1, 9)


def test_nothing_is_tried_twice(found: Path) -> None:
    """Though what is drawn for each trial begins with the same seed."""
    drawn = [one["knobs"]["asked_decay"] for one in tried_in(found)]
    assert len(set(drawn)) == STATED["trials"]


def test_a_choice_that_falls_behind_is_not_asked_all_folds(found: Path) -> None:
    """And one that was asked all of them is better than such a one, in the fold that both were asked."""
    ended = [one for one in tried_in(found) if not one["whole"]]
    assert ended
    best = max((one for one in tried_in(found) if one["whole"]), key=lambda one: one["value"])
    assert all(len(one["folds"]) == 1 and one["folds"][0] < best["folds"][0] for one in ended)


def test_the_same_seed_tries_the_same(tmp_path: Path, data: Path, found: Path) -> None:
    """And finds the same, to the last digit."""
    ran(tmp_path, STATED, data)
    assert tried_in(tmp_path) == tried_in(found)


def test_another_seed_tries_something_else(tmp_path: Path, data: Path, found: Path) -> None:
    """Or the seed would be none."""
    ran(tmp_path, {**STATED, "seed": 6, "trials": 1}, data)
    assert tried_in(tmp_path)[0]["knobs"] != tried_in(found)[0]["knobs"]


def test_a_combination_that_is_no_model_is_passed_over(tmp_path: Path, data: Path) -> None:
    """Both ends of the search are models, but 48 is no multiple of 32: the table says why it was not tried."""
    small = {"epochs": 1, "blocks": 1, "window": 4}
    search = {"width": {"choices": [32, 48, 64]}, "heads": {"choices": [1, 32]}}
    model = {"name": "sequence", "family": "sequence", "knobs": small, "search": search}
    (tuned,) = ran(tmp_path, {**STATED, "models": [model], "trials": 12, "metric": "NDCG@10"}, data)
    refused = [one for one in tuned.tried if one.refused]
    assert len(tuned.tried) == 12
    assert refused
    assert all((one.knobs, one.folds) == ({"width": 48, "heads": 32}, []) for one in refused)
    assert "heads: expected a divisor of the width, 48, got 32" in (tmp_path / "walks.md").read_text()


def test_a_weight_inside_a_blend_is_searched_by_its_place(tmp_path: Path, data: Path) -> None:
    """A path through the fixed knobs."""
    parts = [{"family": "covisitation", "weight": 1.0}, {"family": "popularity", "weight": 1.0}]
    search = {"parts.1.weight": {"low": 1e-6, "high": 1.0, "log": True}}
    model = {"name": "both", "family": "blend", "knobs": {"parts": parts}, "search": search}
    (tuned,) = ran(tmp_path, {**STATED, "models": [model], "trials": 2}, data)
    (pasted,) = yaml.safe_load(tuned.to_paste)
    assert pasted["knobs"]["parts"] == [parts[0], {**parts[1], "weight": tuned.best.knobs["parts.1.weight"]}]
    assert parts[1]["weight"] == 1.0
