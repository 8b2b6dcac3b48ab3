"""What people get of a search: a page, and the best knobs to paste."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from millstream_tools.cli.commands import app
from tests.unit.tools.lab.tuning.small import STATED, tried_in, written


def commanded(folder: Path, data: Path) -> Result:
    """`millstream lab tune`."""
    config = str(written(folder, STATED))
    return CliRunner().invoke(
        app, ["lab", "tune", config, "--data", str(data), "--into", str(folder), "--kept", str(folder)]
    )


def test_people_find_what_was_tried_in_a_table(found: Path) -> None:
    """With the folds, and the best as an entry to paste."""
    page = (found / "walks.md").read_text()
    assert "time split at 1970-01-01T00:05:20 UTC (320 rows before, 160 after)" in page
    assert "Nothing from 80% of the rows on was looked at." in page
    assert "| before |" in page
    assert page.count("ended after fold 1 |") == sum(not one["whole"] for one in tried_in(found))
    pasted = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    assert pasted[0]["knobs"] == json.loads((found / "walks.json").read_text())["models"][0]["knobs"]


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
    assert result.stderr.startswith("millstream: optuna is not installed: pip install")
    assert result.stderr.count("\n") == 1


@pytest.fixture
def without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were not there."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "millstream_tools.lab.experiments.searching")
