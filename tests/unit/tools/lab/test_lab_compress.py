"""`millstream lab compress`: what it writes, what it keeps and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from typer.testing import CliRunner, Result

from millstream.domain.errors import InvalidInputError
from millstream.domain.models.cards import read_card
from millstream.learning.evaluation.leave_one_out import leave_one_out
from millstream.learning.families.covisitation import Covisitation
from millstream.scoring.model_folder import digest_of, version_name
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.cli.commands import app
from millstream_tools.lab.compression.plan import read_plan
from millstream_tools.lab.experiments.source import Source
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.recommender import SequenceRecommender

STATED: dict[str, Any] = {
    "title": "Made up",
    "data": {"mapping": "pairs", "path": "pairs.txt"},
    "preparation": [],
    "protocols": [{"name": "The last one", "kind": "leave_one_out", "knobs": {"fit_on_validation": False}}],
    "models": [{"name": "what is popular", "family": "popularity"}],
    "seed": 5,
}
STUDENT = {"width": 16, "blocks": 1, "window": 4, "epochs": 2, "warmup": 2, "learning_rate": 0.02}
PLAN = {
    "int8": {"most_loss": 0.5},
    "one-direction": {"way": "low-rank", "rank": 1},
    "light": {"way": "distil", "most_loss": 0.99, "student": STUDENT},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty users who walk along a circle of 30 items, an experiment, a plan, and two models."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("lab")
    rows = [f"{user} {(user + step) % 30}\n" for user in range(60) for step in range(6)]
    (folder / "pairs.txt").write_text("".join(rows))
    (folder / "made-up.yaml").write_text(yaml.safe_dump(STATED))
    (folder / "plan.yaml").write_text(yaml.safe_dump(PLAN, sort_keys=False))
    train = leave_one_out(Source("pairs", "pairs.txt").rows(folder).interactions, fit_on_validation=False).train
    knobs = SequenceKnobs(width=16, blocks=1, window=4, epochs=6, warmup=2, learning_rate=0.03, batch=16)
    for model, name in ((SequenceRecommender(knobs), "sequence"), (Covisitation(), "covisitation")):
        model.fit(train, 1)
        model.save(folder / name)
    return folder


def ran(folder: Path, model: str, *more: str) -> Result:
    into = ["--into", str(folder), "--models", str(folder / "kept"), "--checkpoints", str(folder / "checkpoints")]
    config = ["--config", str(folder / "made-up.yaml"), "--data", str(folder)]
    return CliRunner().invoke(app, ["lab", "compress", str(folder / model), *config, *into, *more])


def test_what_loses_little_is_kept_and_what_loses_much_is_refused(folder: Path) -> None:
    """The command fails then, and says which and why; the table tells of all of them."""
    result = ran(folder, "sequence", "--plan", str(folder / "plan.yaml"))
    assert result.exit_code == 1
    figures = json.loads((folder / "made-up-compression.json").read_text())
    models = {model["name"]: model for model in figures["models"]}
    assert list(models) == list(PLAN)
    assert figures["before"]["metrics"]["NDCG@10"]["mean"] > 0.5
    assert models["int8"]["kept"]
    assert models["one-direction"]["loss"] > 0.01
    assert not models["one-direction"]["kept"]
    assert "one-direction is refused" in result.output
    assert not (folder / "kept" / "one-direction").exists()
    served = folder / "kept" / "int8" / "served"
    card = read_card((served / "card.json").read_bytes())
    assert card.made_from
    assert card.metrics[figures["protocol"]]["NDCG@10"] == models["int8"]["metrics"]["NDCG@10"]["mean"]
    OnnxScorer.load(served, _version(served, card.algorithm))
    page = (folder / "made-up-compression.md").read_text()
    assert page.startswith("# sequence made smaller\n")
    assert "| one-direction |" in page
    assert "refused: " in page
    light = SequenceRecommender.load(folder / "kept" / "light" / "lab")
    assert light.knobs.window == 4


def test_any_model_can_teach(folder: Path) -> None:
    """But only a sequence model has a graph that could be made smaller."""
    taught = ran(folder, "covisitation", "--plan", str(folder / "plan.yaml"), "--ways", "light")
    assert taught.exit_code == 0, taught.output
    refused = ran(folder, "covisitation", "--ways", "int8")
    assert refused.exit_code == 1
    assert "a sequence model" in refused.output


def test_a_missing_pytorch_is_named_with_the_way_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes with an extra of its own, beside the lab's."""
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("millstream_tools.lab.compression.")]:
        monkeypatch.delitem(sys.modules, name)
    result = ran(folder, "sequence")
    assert result.exit_code == 1
    assert result.stderr.startswith("millstream: torch is not installed: pip install")
    assert result.stderr.count("\n") == 1


def test_without_data_nothing_is_made_smaller(folder: Path) -> None:
    """And one line says how to name it."""
    asked = ["lab", "compress", str(folder / "sequence"), "--config", str(folder / "made-up.yaml")]
    result = CliRunner().invoke(app, asked, env={"MILLSTREAM_DATA": None})
    assert result.exit_code == 1
    assert "MILLSTREAM_DATA: expected the folder with all data, here or as --data" in result.stderr


def test_a_plan_is_checked_before_anything_is_made(tmp_path: Path) -> None:
    """Names, knobs and shares."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump({"mine": {"way": "pq", "parts": 4}}))
    assert [one.name for one in read_plan(plan, [], 0.01)] == ["mine"]
    assert [one.most_loss for one in read_plan(plan, ["int8", "mine"], 0.02)] == [0.02, 0.02]
    with pytest.raises(InvalidInputError, match="ways: .*mine"):
        read_plan(plan, ["other"], 0.01)
    with pytest.raises(InvalidInputError, match="most_loss"):
        read_plan(plan, [], 1.5)
    plan.write_text(yaml.safe_dump({"mine": {"way": "zip"}}))
    with pytest.raises(InvalidInputError, match="one of fp32"):
        read_plan(plan, [], 0.01)


def _version(folder: Path, algorithm: str) -> str:

    return version_name(algorithm, digest_of(folder))
