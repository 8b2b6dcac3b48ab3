"""The search for knobs: what a configuration may say, how a choice is judged, and what is kept of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner, Result

from freshet.domain.errors import InvalidInputError
from infra.cli.commands import app
from infra.trainer.lab import searching
from infra.trainer.lab.searching import tune
from infra.trainer.lab.tuning import Validation, read_tuning
from infra.trainer.lab.tuning_report import Tuned
from tests.unit.trainer.made_up import interactions

TUNINGS = Path(__file__).parents[3] / "infra" / "trainer" / "lab" / "tunings"

STATED: dict[str, Any] = {
    "title": "Made up",
    "data": {"format": "recbole", "path": "made-up/walks.inter"},
    "preparation": [],
    "validation": {"kind": "time_series", "cuts": [0.4, 0.6, 0.8], "knobs": {"every": 2}},
    "metric": "HR@1",
    "models": [
        {
            "name": "what comes next",
            "family": "covisitation",
            "knobs": {"reach": 4, "asked_decay": 1.0},
            "search": {"asked_decay": {"low": 0.05, "high": 1.0}, "last": {"low": 1, "high": 8, "log": True}},
        }
    ],
    "trials": 8,
    "seed": 5,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty users who walk along a circle of 30 items, now and then a step too far: the last item tells most."""
    draw = np.random.default_rng(1)
    at, rows = draw.integers(30, size=40), ["user_id:token\titem_id:token\ttimestamp:float\n"]
    for second in range(800):
        user = int(draw.integers(40))
        at[user] = (at[user] + (2 if draw.random() < 0.2 else 1)) % 30
        rows.append(f"u{user}\ti{at[user]}\t{second}\n")
    folder = tmp_path_factory.mktemp("data")
    (folder / "made-up").mkdir()
    (folder / "made-up" / "walks.inter").write_text("".join(rows))
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """What an unbroken search wrote."""
    folder = tmp_path_factory.mktemp("found")
    ran(folder, STATED, data)
    return folder


def written(folder: Path, stated: dict[str, Any]) -> Path:
    """The configuration's file."""
    path = folder / "walks.yaml"
    path.write_text(yaml.safe_dump(stated))
    return path


def ran(
    folder: Path, stated: dict[str, Any], data: Path, say: Callable[[str], None] = lambda _: None
) -> tuple[Tuned, ...]:
    """A search that writes and keeps its trials in the folder."""
    return tuple(tune(read_tuning(written(folder, stated)), data, folder, folder, "the command", say)[1])


def commanded(folder: Path, data: Path) -> Result:
    """`freshet lab tune`."""
    config = str(written(folder, STATED))
    return CliRunner().invoke(
        app, ["lab", "tune", config, "--data", str(data), "--into", str(folder), "--kept", str(folder)]
    )


def tried_in(folder: Path) -> list[dict[str, Any]]:
    """All trials without the time that they took."""
    content = json.loads((folder / "walks.json").read_text())
    return [{name: value for name, value in one.items() if name != "seconds"} for one in content["models"][0]["tried"]]


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


def test_the_search_finds_better_knobs_than_it_began_with(found: Path) -> None:
    """On these walks only the last item counts."""
    content = json.loads((found / "walks.json").read_text())
    (model,) = content["models"]
    assert model["best"]["value"] > model["before"]["value"] + 0.02
    assert model["best"]["value"] == max(one["value"] for one in model["tried"] if one["value"])
    assert model["knobs"] == {"reach": 4, "asked_decay": 1.0, **model["best"]["knobs"]}


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


def test_people_find_what_was_tried_in_a_table(found: Path) -> None:
    """With the folds, and the best as an entry to paste."""
    page = (found / "walks.md").read_text()
    assert "time split at 1970-01-01T00:05:20 UTC (320 rows before, 160 after)" in page
    assert "Nothing from 80% of the rows on was looked at." in page
    assert "| before |" in page
    assert page.count("ended after fold 1 |") == sum(not one["whole"] for one in tried_in(found))
    pasted = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    assert pasted[0]["knobs"] == json.loads((found / "walks.json").read_text())["models"][0]["knobs"]


def test_the_same_seed_tries_the_same(tmp_path: Path, data: Path, found: Path) -> None:
    """And finds the same, to the last digit."""
    ran(tmp_path, STATED, data)
    assert tried_in(tmp_path) == tried_in(found)


def test_another_seed_tries_something_else(tmp_path: Path, data: Path, found: Path) -> None:
    """Or the seed would be none."""
    ran(tmp_path, {**STATED, "seed": 6, "trials": 1}, data)
    assert tried_in(tmp_path)[0]["knobs"] != tried_in(found)[0]["knobs"]


def test_a_search_that_was_broken_off_goes_on_to_the_same_end(
    tmp_path: Path, data: Path, found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a trial: what is done is kept and shown, and the rest is as if nothing had happened."""
    asked = iter(range(9))
    answer = searching.answer

    def interrupted(*arguments: Any) -> Any:
        if next(asked, None) is None:
            raise KeyboardInterrupt
        return answer(*arguments)

    heard: list[str] = []
    monkeypatch.setattr(searching, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ran(tmp_path, STATED, data, heard.append)
    monkeypatch.undo()
    kept = tried_in(tmp_path)
    assert 0 < len(kept) < STATED["trials"]
    assert heard[-1].endswith("has what was tried; the same command goes on.")
    ran(tmp_path, STATED, data)
    assert tried_in(tmp_path)[: len(kept)] == kept
    assert tried_in(tmp_path) == tried_in(found)


def test_more_trials_go_on_from_those_that_were_tried(tmp_path: Path, data: Path, found: Path) -> None:
    """Nothing is tried again."""
    ran(tmp_path, {**STATED, "trials": 3}, data)
    fitted: list[str] = []
    ran(tmp_path, STATED, data, fitted.append)
    assert len([line for line in fitted if " of 8: " in line]) == 5
    assert tried_in(tmp_path) == tried_in(found)


@pytest.mark.parametrize(
    "change", [{"seed": 6}, {"metric": "HR@2"}, {"validation": {**STATED["validation"], "cuts": [0.5, 0.8]}}]
)
def test_trials_that_were_judged_otherwise_are_not_gone_on_from(
    tmp_path: Path, data: Path, found: Path, change: dict[str, Any]
) -> None:
    """Their values could not be compared."""
    (tmp_path / "walks.journal").write_bytes((found / "walks.journal").read_bytes())
    with pytest.raises(InvalidInputError, match=r"walks.journal was begun with; rename or remove it to begin anew"):
        ran(tmp_path, {**STATED, **change}, data)


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


def test_the_command_prints_the_best_knobs_to_paste(tmp_path: Path, data: Path, found: Path) -> None:
    """On the output; all else is for the eyes only."""
    result = commanded(tmp_path, data)
    assert result.exit_code == 0, result.output
    (entry,) = yaml.safe_load(result.stdout)
    assert entry["family"] == "covisitation"
    assert entry["knobs"] == json.loads((found / "walks.json").read_text())["models"][0]["knobs"]
    assert "8 of 8: " in result.stderr


def test_a_missing_optuna_is_named_with_the_way_to_get_it(tmp_path: Path, data: Path, without_optuna: None) -> None:
    """It comes with the lab's extra."""
    result = commanded(tmp_path, data)
    assert result.exit_code == 1
    assert result.stderr == "freshet: optuna is not installed: pip install 'freshet[lab]'\n"


@pytest.fixture
def without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were not there."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "infra.trainer.lab.searching")


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
