"""Experiments: what a configuration may say, and what a run writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from millstream.domain.errors import InvalidInputError
from millstream_tools.cli.commands import app
from millstream_tools.lab.experiments.experiment import read_experiment
from millstream_tools.places import CHECKOUT

CONFIGS = CHECKOUT / "infra" / "millstream_tools" / "lab" / "experiments" / "configs"

STATED: dict[str, Any] = {
    "title": "Made up",
    "data": {"mapping": "pairs", "path": "made-up/pairs.txt"},
    "preparation": [{"k_core": {"user_rows": 3, "item_rows": 1}}],
    "protocols": [
        {
            "name": "The last one",
            "kind": "leave_one_out",
            "knobs": {"fit_on_validation": False},
            "slices": ["all", "known item"],
            "published": [{"model": "Theirs", "source": "a paper", "metrics": {"HR@10": 0.5}}],
        }
    ],
    "models": [
        {"name": "what is popular", "family": "popularity"},
        {"name": "what comes next", "family": "covisitation", "knobs": {"last": 1, "backward": 0}},
    ],
    "seed": 5,
}


def only(model: int, **changes: Any) -> dict[str, Any]:
    """The experiment with one of its models."""
    return {**STATED, "models": [STATED["models"][model]], **changes}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty users who walk along a circle of 30 items, and one with too few rows."""
    rows = [f"{user} {(user + step) % 30}\n" for user in range(60) for step in range(5)]
    folder = tmp_path_factory.mktemp("data")
    (folder / "made-up").mkdir()
    (folder / "made-up" / "pairs.txt").write_text("".join([*rows, "99 0\n"]))
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """What a run of the experiment wrote."""
    folder = tmp_path_factory.mktemp("results")
    result = ran(written(folder, STATED), data, folder)
    assert result.exit_code == 0, result.output
    return folder


def written(folder: Path, stated: dict[str, Any]) -> Path:
    """The configuration's file."""
    path = folder / "made-up.yaml"
    path.write_text(yaml.safe_dump(stated))
    return path


def ran(config: Path, data: Path, into: Path) -> Result:
    """`millstream lab run`."""
    return CliRunner().invoke(app, ["lab", "run", str(config), "--data", str(data), "--into", str(into)])


def figures_in(folder: Path) -> dict[str, Any]:
    """The JSON of a run."""
    content: dict[str, Any] = json.loads((folder / "made-up.json").read_text())
    return content


def answers_in(folder: Path, model: str) -> str:
    """The file of a model's values, question by question."""
    return str(folder / "made-up" / "the-last-one" / f"{model}.npz")


def test_figures_come_with_what_is_needed_to_make_them_again(results: Path) -> None:
    """On a circle what comes next is certain."""
    figures = figures_in(results)
    assert figures["experiment"] == STATED
    assert figures["command"] == "millstream lab run made-up.yaml"
    assert figures["seed"] == 5
    assert figures["data_counts"] == {"rows": 300, "users": 60, "items": 30}
    popular, following = figures["models"]
    assert following["slices"]["all"]["metrics"]["HR@1"]["mean"] == 1.0
    assert popular["slices"]["all"]["metrics"]["HR@1"]["mean"] < 0.5
    assert set(popular["seconds"]) == {"fit, wall", "fit, CPU", "ask, wall", "ask, CPU"}


def test_people_find_the_figures_in_a_table(results: Path) -> None:
    """Measured and published ones, the data and how it was prepared."""
    page = (results / "made-up.md").read_text()
    assert figures_in(results)["data_sha256"] in page
    assert "k-core: kept 300 of 301 rows" in page
    assert "| what comes next | 1.0000 ± 0.0000 |" in page
    assert "| Theirs |  | 0.5000 |" in page
    whole, known = page.split("Questions (known item): 60.")
    assert "Questions (all): 60." in whole
    assert "| what comes next | 1.0000" in known
    assert "wall (s)" in whole
    assert "wall (s)" not in known


def test_people_find_the_figures_in_a_picture_too(results: Path) -> None:
    """The page shows it."""
    assert "![NDCG@10 of each model](made-up.png)" in (results / "made-up.md").read_text()
    assert (results / "made-up.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_is_repeated_to_the_last_digit(tmp_path: Path, data: Path, results: Path) -> None:
    """But for the time that it took; also beside other models."""
    assert ran(written(tmp_path, only(1)), data, tmp_path).exit_code == 0
    assert figures_in(tmp_path)["models"][0]["slices"] == figures_in(results)["models"][1]["slices"]


def test_two_models_are_compared_question_by_question(results: Path) -> None:
    """Each is called by its protocol and its name."""
    files = [answers_in(results, name) for name in ("what-comes-next", "what-is-popular")]
    result = CliRunner().invoke(app, ["lab", "compare", *files])
    assert result.exit_code == 0, result.output
    head, _, hit_rate, *_ = result.stdout.splitlines()
    assert head.startswith("| metric | the-last-one/what-comes-next | the-last-one/what-is-popular | difference |")
    assert hit_rate.startswith("| HR@10 | 1.0000 |")


def test_models_that_were_asked_different_questions_are_not_compared(tmp_path: Path, data: Path, results: Path) -> None:
    """One line says so."""
    validation = {"name": "The last one", "kind": "leave_one_out", "knobs": {"part": "validation"}}
    ran(written(tmp_path, only(0, protocols=[validation])), data, tmp_path)
    files = [answers_in(folder, "what-is-popular") for folder in (results, tmp_path)]
    result = CliRunner().invoke(app, ["lab", "compare", *files])
    assert result.exit_code == 1
    assert "questions: expected those of the first model" in result.stderr


def test_a_run_without_data_says_how_to_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None comes with the project."""
    monkeypatch.delenv("MILLSTREAM_DATA", raising=False)
    result = CliRunner().invoke(app, ["lab", "run", str(written(tmp_path, STATED))])
    assert result.exit_code == 1
    assert "MILLSTREAM_DATA: expected the folder with all data, here or as --data" in result.stderr


def test_a_missing_library_is_named_with_the_way_to_get_it(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lab's libraries come with an extra, which nothing else needs."""
    monkeypatch.setitem(sys.modules, "scipy", None)
    for name in [name for name in sys.modules if name.startswith("millstream_tools.lab.")]:
        monkeypatch.delitem(sys.modules, name)
    result = ran(written(tmp_path, STATED), data, tmp_path / "results")
    assert result.exit_code == 1
    assert result.stderr.startswith("millstream: scipy is not installed: pip install")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": [1]}, "expected a mapping with the keys title, data"),
        ({"data": {"mapping": "pairs"}}, "data: expected mapping and path, or simulated_shop, got 'neither'"),
        ({"data": {"simulated_shop": {}, "path": "x"}}, "data: expected simulated_shop, or mapping and path"),
        ({"data": {"simulated_shop": {"shops": 2}}}, "shops: expected one of customers"),
        ({"data": {"mapping": "pairs", "path": "x", "knobs": {"seed": 1}}}, "knobs: expected one of mapping, path"),
        ({"preparation": [{"wash": {}}]}, "preparation: expected entries of one name among drop_duplicates"),
        ({"preparation": [{"k_core": {"rows": 3}}]}, "rows: expected one of user_rows, item_rows, got 3"),
        ({"protocols": [{"name": "p", "kind": "sampled"}]}, "p.kind: expected one of leave_one_out, time_split"),
        (
            {"protocols": [{"name": "p", "kind": "leave_one_out", "knobs": {"negatives": 100}}]},
            "p.knobs: expected names among part, fit_on_validation, exclude, got 'negatives'",
        ),
        ({"models": []}, "models: expected one or more, each with a name of its own"),
        ({"models": STATED["models"] * 2}, "models: expected one or more, each with a name of its own"),
        ({"models": [{"name": "m", "family": "oracle"}]}, "family: expected one of popularity"),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """Before anything is read or fitted."""
    with pytest.raises(InvalidInputError, match=message):
        read_experiment(written(tmp_path, {**STATED, **change}))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_of_the_project_can_be_read(path: Path) -> None:
    """Its models and protocols exist."""
    assert read_experiment(path).models
