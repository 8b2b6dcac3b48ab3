"""`millstream lab fit`: what it writes, what its card says, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner, Result

from millstream.domain.keys import item_key
from millstream.domain.models.cards import Card, read_card
from millstream.learning import road
from millstream.learning.evaluation.ranking import best, without
from millstream.learning.families.contract import Recommender
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import prepare
from millstream.scoring.model_folder import digest_of, version_name
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.publishable import publishable
from millstream_tools.cli import lab_fit
from millstream_tools.lab.experiments.experiment import read_experiment
from millstream_tools.lab.experiments.source import Source
from millstream_tools.lab.models.families import create
from millstream_tools.readers.digest import sha256_of

BOTH_WAYS = {"backward": 0.7, "last": 3, "asked_decay": 0.6}
SMALL = {
    "block": "hstu", "width": 16, "blocks": 1, "window": 4, "epochs": 6, "warmup": 2, "learning_rate": 0.03,
    "batch": 16, "temperature": 0.1,
}  # fmt: skip
SEQUENCE = {"family": "sequence", "weight": 1.0, "knobs": SMALL}
COVISITATION = {"family": "covisitation", "weight": 1.0, "logarithm": 0.01, "knobs": BOTH_WAYS}
STATED: dict[str, Any] = {
    "title": "Made up",
    "data": {"mapping": "pairs", "path": "pairs.txt"},
    "preparation": [{"k_core": {"user_rows": 2, "item_rows": 1}}],
    "protocols": [
        {"name": "Whatever comes", "kind": "prequential", "knobs": {}},
        {"name": "The last one", "kind": "leave_one_out", "knobs": {"exclude": "none"}},
        {"name": "The one before", "kind": "leave_one_out", "knobs": {"part": "validation"}},
    ],
    "models": [
        {"name": "pairs", "family": "covisitation", "knobs": BOTH_WAYS},
        {"name": "walks", "family": "sequence", "knobs": SMALL},
        {"name": "walks and pairs", "family": "blend", "knobs": {"parts": [SEQUENCE, COVISITATION]}},
        {
            "name": "walks and all pairs",
            "family": "blend",
            "knobs": {"parts": [{"family": "ease", "weight": 2.0, "knobs": {"regularization": 5.0}}, SEQUENCE]},
        },
        {"name": "what is popular", "family": "popularity"},
        {
            "name": "pairs, else what is popular",
            "family": "blend",
            "knobs": {"parts": [COVISITATION, {"family": "popularity", "weight": 0.1}]},
        },
        {"name": "what goes together", "family": "item_knn"},
        {"name": "factors", "family": "ials", "knobs": {"factors": 16, "alpha": 20.0}},
        {
            "name": "factors twice",
            "family": "blend",
            "knobs": {
                "parts": [{"family": "ials", "weight": w, "knobs": {"factors": f}} for w, f in ((1, 8), (0.5, 4))]
            },
        },
        {
            "name": "pairs and all pairs",
            "family": "blend",
            "knobs": {
                "parts": [
                    {"family": "blend", "weight": 1.0, "knobs": {"parts": [{**COVISITATION, "logarithm": None}]}},
                    {"family": "ease", "weight": 0.3, "knobs": {"regularization": 5.0}},
                ]
            },
        },
        {"name": "fading", "family": "decayed_popularity"},
        {
            "name": "pairs, else fading",
            "family": "blend",
            "knobs": {"parts": [COVISITATION, {"family": "decayed_popularity", "weight": 0.1}]},
        },
        {"name": "walks twice", "family": "blend", "knobs": {"parts": [SEQUENCE, SEQUENCE]}},
        {"name": "upside down", "family": "blend", "knobs": {"parts": [{**SEQUENCE, "weight": -1.0}, COVISITATION]}},
    ],
    "seed": 5,
}
SERVED = {
    "pairs": "covisitation",
    "walks": "sequence",
    "walks and pairs": "blend",
    "walks and all pairs": "blend",
    "what is popular": "popularity",
    "pairs, else what is popular": "blend",
    "upside down": "blend",
    "what goes together": "item_knn",
    "factors": "ials",
    "factors twice": "blend",
    "pairs and all pairs": "blend",
}
HISTORIES = ([3], [7, 4, 11], [2, 9, 16, 21, 5, 28])
NEAR = 0.02
"""Of a score: rows of co-visitation and EASE are halves."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty users who walk along a circle of 30 items, some in long steps, one with too few, and an experiment."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("lab")
    rows = [f"u{user} item-{(user + step * (1 + user % 2)) % 30}\n" for user in range(40) for step in range(6)]
    (folder / "pairs.txt").write_text("".join([*rows, "alone item-0\n"]))
    (folder / "made-up.yaml").write_text(yaml.safe_dump(STATED, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def data(folder: Path) -> Interactions:
    """What the experiment's models are fitted on."""
    experiment = read_experiment(folder / "made-up.yaml")
    return prepare(Source("pairs", "pairs.txt").rows(folder).interactions, experiment.preparation)[0]


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Result]:
    """What the command said of each model that can be served; each is in a folder of its name."""
    results = {name: ran(folder, name, folder / name) for name in SERVED}
    assert [result.exit_code for result in results.values()] == [0] * len(results), results
    return results


def ran(folder: Path, model: str, into: Path, *more: str) -> Result:
    """`millstream lab fit`."""
    command = [str(folder / "made-up.yaml"), str(into), "--model", model, "--data", str(folder)]
    return CliRunner().invoke(lab_fit.app, [*command, "--checkpoints", str(folder / "checkpoints"), *more])


def refused(folder: Path, model: str, into: Path, *more: str) -> str:
    """The one line of a command that fails before it says anything else, and writes nothing."""
    before = {path: path.read_bytes() for path in into.rglob("*") if path.is_file()}
    result = ran(folder, model, into, *more)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert result.stderr.count("\n") == 1, result.stderr
    assert {path: path.read_bytes() for path in into.rglob("*") if path.is_file()} == before
    return result.stderr


def fitted_in_the_lab(folder: Path, data: Interactions, name: str) -> Recommender:
    """The experiment's model, fitted on everything."""
    (stated,) = (one for one in read_experiment(folder / "made-up.yaml").models if one.name == name)
    model = create(stated.family, stated.knobs)
    model.fit(data, STATED["seed"])
    return model


def card_of(into: Path) -> Card:
    """The card of a written model."""
    return read_card((into / "card.json").read_bytes())


def scorer_of(into: Path) -> OnnxScorer:
    """The scorer that serves a written model, every byte of it checked."""
    return OnnxScorer.load(into, version_name(card_of(into).algorithm, digest_of(into)))


@pytest.mark.parametrize("name", SERVED)
def test_the_scorer_answers_as_the_labs_model_of_all_data_does(
    folder: Path, data: Interactions, models: dict[str, Result], name: str
) -> None:
    """Within the model's reach and beyond it; what was read is not given again."""
    in_the_lab, scorer = fitted_in_the_lab(folder, data, name), scorer_of(folder / name)
    codes = {item_key(label): code for code, label in enumerate(data.items)}
    for history in HISTORIES:
        scores = without(in_the_lab.score([np.array(history)]), [np.array(history)])[0]
        keys = [item_key(data.items[code]) for code in history]
        found = [codes[one.item] for one in scorer.recommend(keys[::-1], keys, 5)]
        assert found
        wanted = best(scores[None], len(found))[0]
        # Those of equal score may stand in another order.
        np.testing.assert_allclose(scores[found], scores[wanted], atol=NEAR * np.ptp(scores[~np.isnan(scores)]))


def test_the_scores_of_co_visitation_are_the_labs(folder: Path, data: Interactions, models: dict[str, Result]) -> None:
    """It hears as many items, and each as much: a wrong weight would often leave the order as it is."""
    in_the_lab, scorer = fitted_in_the_lab(folder, data, "pairs"), scorer_of(folder / "pairs")
    for history in HISTORIES:
        keys = [item_key(data.items[code]) for code in history]
        found = {one.item: one.score for one in scorer.recommend(keys[::-1], [], 30)}
        scores = in_the_lab.score([np.array(history)])[0]
        served = [found.get(item_key(label), 0.0) for label in data.items]
        np.testing.assert_allclose(served, scores, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(("name", "algorithm"), SERVED.items())
def test_the_card_says_what_the_model_is_and_how_good_it_was(
    folder: Path, models: dict[str, Result], name: str, algorithm: str
) -> None:
    """On a circle what comes next is nearly certain; the metrics name their protocol and what they are of."""
    result, card = models[name], card_of(folder / name)
    assert (card.algorithm, card.seed) == (algorithm, 5)
    assert (card.training_set, card.vocabulary_items) == (sha256_of(folder / "pairs.txt"), 30)
    assert card.cost.wall_s > 0
    assert card.cost.cpu_s > 0
    ((protocol, metrics),) = card.metrics.items()
    assert protocol == (
        "leave-one-out test, fit on [:-1], nothing excluded; asked as it serves, fit on the training part alone"
    )
    assert set(metrics) == {"HR@10", "NDCG@10"}
    assert metrics["HR@10"] > {"what is popular": 0.2, "upside down": -1, "factors twice": 0.5, "factors": 0.5}.get(
        name, 0.9
    )
    assert f"{metrics['NDCG@10']:.4f}: {protocol}" in result.stderr


def test_the_card_of_a_blend_names_all_its_parts(folder: Path, models: dict[str, Result]) -> None:
    """With their weights and all their knobs."""
    sequence, covisitation = card_of(folder / "walks and pairs").knobs["parts"]
    assert (sequence["family"], sequence["weight"], sequence["knobs"]["block"]) == ("sequence", 1.0, "hstu")
    assert (covisitation["family"], covisitation["logarithm"]) == ("covisitation", 0.01)
    assert covisitation["knobs"]["backward"] == 0.7


def test_the_metrics_are_those_of_the_protocol_that_is_named(folder: Path, tmp_path: Path) -> None:
    """Without a name, the first that cuts the data."""
    assert ran(folder, "pairs", tmp_path / "model", "--protocol", "The one before").exit_code == 0
    ((protocol, _),) = card_of(tmp_path / "model").metrics.items()
    assert protocol.startswith("leave-one-out validation, fit on [:-2], history excluded")


def test_what_is_written_may_be_published_and_says_how(folder: Path, tmp_path: Path) -> None:
    """On the output stands what to do next; what was done on the way is told beside it."""
    into = tmp_path / "new" / "model"
    result = ran(folder, "pairs", into)
    version = publishable(into, 0).version
    assert result.stdout.startswith(f"{version} is in {into}.")
    assert f"`millstream models publish {into}`" in result.stdout
    assert "Fitting on the 200 events before the cut, to ask 40 questions" in result.stderr
    assert "Fitting on all 240 events" in result.stderr
    assert sorted(path.name for path in into.parent.iterdir()) == ["model"]


def test_the_same_command_gives_the_same_model(folder: Path, models: dict[str, Result], tmp_path: Path) -> None:
    """From checkpoints too."""
    for name in ("walks and pairs", "pairs"):
        assert ran(folder, name, tmp_path / name).exit_code == 0
        assert digest_of(tmp_path / name) == digest_of(folder / name)


def test_a_model_is_replaced_and_nothing_else_is(folder: Path, models: dict[str, Result], tmp_path: Path) -> None:
    """A mistyped folder costs nobody their files."""
    into = tmp_path / "model"
    for name in ("walks", "pairs"):
        assert ran(folder, name, into).exit_code == 0
        assert card_of(into).algorithm == SERVED[name]
    (into / "notes.txt").write_text("mine")
    complaint = refused(folder, "pairs", into)
    assert f"{into}: expected a new or empty folder, or a model folder to replace, got 'notes.txt'" in complaint


def test_names_that_the_experiment_does_not_have_are_refused(folder: Path, tmp_path: Path) -> None:
    """With those that it has; a stream is no protocol for it, because models may learn there while they are asked."""
    told = refused(folder, "walk", tmp_path / "model")
    assert "model: expected one of pairs, walks, walks and pairs" in told
    told = refused(folder, "pairs", tmp_path / "model", "--protocol", "Whatever comes")
    assert "protocol: expected one of The last one, The one before, got 'Whatever comes'" in told


@pytest.mark.parametrize("name", ["fading", "pairs, else fading"])
def test_a_family_that_cannot_be_served_is_refused(folder: Path, name: str, tmp_path: Path) -> None:
    """Before anything is read or fitted, also as a part of a blend."""
    told = refused(folder, name, tmp_path / "model")
    assert "family: expected one that can be served, got 'decayed_popularity'" in told


def test_a_blend_of_two_sequence_models_cannot_be_served(folder: Path, tmp_path: Path) -> None:
    """A graph holds one."""
    assert "parts: expected one sequence model at most" in refused(folder, "walks twice", tmp_path / "model")


def test_without_the_data_one_line_says_how_to_name_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the lab."""
    monkeypatch.delenv("MILLSTREAM_DATA", raising=False)
    result = CliRunner().invoke(
        lab_fit.app, [str(folder / "made-up.yaml"), str(tmp_path / "model"), "--model", "pairs"]
    )
    assert result.exit_code == 1
    assert result.stderr.startswith("millstream: MILLSTREAM_DATA: expected the folder with all data")


def test_without_pytorch_one_line_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Co-visitation needs none, whatever else the experiment has."""
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("millstream_tools.lab.sequence.recommender")]:
        monkeypatch.delitem(sys.modules, name)
    told = refused(folder, "walks", tmp_path / "model")
    assert "PyTorch, by pip install -e '.[lab,neural]'" in told
    assert ran(folder, "pairs", tmp_path / "model").exit_code == 0


def test_an_interrupted_fit_leaves_the_model_that_was_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says how to go on, with the status that shells have for it."""
    into = tmp_path / "model"
    assert ran(folder, "pairs", into).exit_code == 0
    before = digest_of(into)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(road, "export", interrupt)
    result = ran(folder, "pairs", into)
    assert result.exit_code == 130
    assert "millstream: interrupted; no model was written" in result.stderr
    assert digest_of(into) == before
    assert json.loads((into / "card.json").read_text())["algorithm"] == "covisitation"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
