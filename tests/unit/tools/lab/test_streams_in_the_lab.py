"""A run over a stream: the simulated shop, where the truth is known."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from millstream.domain.errors import InvalidInputError
from millstream_tools.cli.commands import app
from millstream_tools.lab.experiments.experiment import read_experiment

PNG = b"\x89PNG\r\n\x1a\n"

STATED: dict[str, Any] = {
    "title": "A small shop",
    "data": {"simulated_shop": {"seed": 3, "customers": 150, "products": 120, "history_days": 8, "live_days": 2}},
    "preparation": [],
    "protocols": [
        {
            "name": "View by view",
            "kind": "prequential",
            "knobs": {"share": 0.6, "exclude": "session", "session_gap_s": 1800, "refresh_every": 100, "window": 200},
        }
    ],
    "models": [
        {"name": "what is popular", "family": "popularity"},
        {"name": "what comes next", "family": "covisitation", "knobs": {"last": 2}},
        {"name": "what belongs together", "family": "ease"},
    ],
    "seed": 5,
}


def written(folder: Path, stated: dict[str, Any]) -> Path:
    """The configuration's file."""
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(stated))
    return path


def ran(config: Path, into: Path) -> Result:
    """`millstream lab run`, without a folder of data: nothing is read."""
    return CliRunner().invoke(app, ["lab", "run", str(config), "--into", str(into)], env={"MILLSTREAM_DATA": ""})


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run wrote."""
    folder = tmp_path_factory.mktemp("results")
    result = ran(written(folder, STATED), folder)
    assert result.exit_code == 0, result.output
    return folder


def outcomes_in(folder: Path) -> list[dict[str, Any]]:
    """Models and arms, one after the other."""
    figures = json.loads((folder / "small.json").read_text())
    outcomes: list[dict[str, Any]] = figures["streams"][0]["outcomes"]
    return outcomes


def hits(outcome: dict[str, Any]) -> float:
    """The mean HR@10 over all events."""
    mean: float = outcome["slices"]["all"]["HR@10"]["mean"]
    return mean


def test_every_model_runs_in_every_arm_that_it_can_and_the_oracle_beside_them(results: Path) -> None:
    """A model that cannot learn from single events has three arms."""
    arms = [(one["model"], one["arm"].partition(",")[0]) for one in outcomes_in(results)]
    four = ["frozen model", "frozen model", "refreshed model", "updated per event"]
    names = ("what is popular", "what comes next")
    expected = [(name, arm) for name in names for arm in four] + [("what belongs together", arm) for arm in four[:3]]
    assert arms == [*expected, ("oracle", "the shop's own chances")]


def test_nobody_is_better_than_the_truth(results: Path) -> None:
    """By far; it knows every item, and nothing is worked out for it."""
    *models, oracle = outcomes_in(results)
    assert hits(oracle) > 1.2 * max(hits(one) for one in models)
    assert oracle["unseen"] == 0
    assert oracle["ranking_ms"] is None


def test_windows_are_the_whole_stream(results: Path) -> None:
    """In order, each as long as was asked for but the last; their mean is the whole's."""
    for one in outcomes_in(results):
        firsts = [window["first"] for window in one["windows"]]
        assert all(later - earlier == 200 for earlier, later in pairwise(firsts))
        sizes = [200] * (len(firsts) - 1) + [one["questions"]["all"] - firsts[-1]]
        hit = sum(size * window["metrics"]["HR@10"] for size, window in zip(sizes, one["windows"], strict=True))
        assert hit / one["questions"]["all"] == pytest.approx(hits(one))


def test_people_find_the_stream_in_tables_and_a_picture(results: Path) -> None:
    """The page names the picture, and says how to make it again, without a folder that nobody needs."""
    page = (results / "small.md").read_text()
    assert "![over time](small.png)" in page
    assert (results / "small.png").read_bytes().startswith(PNG)
    assert "MILLSTREAM_DATA" not in page
    assert "| what comes next | updated per event, live context |" in page
    assert "Events (known item, not the first event of a session):" in page
    assert "what comes next: refreshed model, live context" in page
    assert "| oracle | the shop's own chances |" in page


def test_a_run_is_repeated_to_the_last_digit_and_dot(tmp_path: Path, results: Path) -> None:
    """But for the milliseconds."""
    assert ran(written(tmp_path, STATED), tmp_path).exit_code == 0
    for again, before in zip(outcomes_in(tmp_path), outcomes_in(results), strict=True):
        assert (again["slices"], again["windows"]) == (before["slices"], before["windows"])
    assert (tmp_path / "small.png").read_bytes() == (results / "small.png").read_bytes()


def test_two_arms_are_compared_event_by_event(results: Path) -> None:
    """As two models are."""
    arms = ("updated-per-event-live-context", "frozen-model-frozen-profile")
    files = [str(results / "small" / "view-by-view" / f"what-comes-next-{arm}.npz") for arm in arms]
    result = CliRunner().invoke(app, ["lab", "compare", *files])
    assert result.exit_code == 0, result.output
    live, frozen = (hits(outcomes_in(results)[place]) for place in (7, 4))
    assert f"| HR@10 | {live:.4f} | {frozen:.4f} | {live - frozen:+.4f} |" in result.stdout


def test_a_wrong_knob_of_a_stream_is_refused_by_name(tmp_path: Path) -> None:
    """Before anything is made up."""
    wrong = {**STATED["protocols"][0], "knobs": {"live": True}}
    with pytest.raises(InvalidInputError, match="View by view.knobs: expected names among share, events, .*'live'"):
        read_experiment(written(tmp_path, {**STATED, "protocols": [wrong]}))
