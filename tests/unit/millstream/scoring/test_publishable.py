"""What may be published: a folder that is whole, that says what it is, and that answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.export.folder import Exported
from millstream.scoring import model_folder
from millstream.scoring.publishable import publishable
from tests.builders import NOW_MS
from tests.unit.millstream.learning.histories import exported, log_of

HISTORIES = {f"user {n}": ["a", "b", "c"] for n in range(5)}


@pytest.fixture
def model(tmp_path: Path) -> Exported:
    """A model folder."""
    return exported(log_of(HISTORIES), tmp_path / "model")


def refusal(folder: Path) -> str:
    """Why a folder may not be published."""
    with pytest.raises(InvalidInputError) as refused:
        publishable(folder, NOW_MS)
    return str(refused.value)


def resealed(folder: Path) -> Path:
    """A folder that somebody changed and gave new sums."""
    (folder / model_folder.SUMS).write_text(model_folder.sums_of(folder))
    return folder


def rewritten(path: Path, **changed: Any) -> None:
    """Other fields in a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_a_whole_folder_becomes_a_registry_row(model: Exported) -> None:
    """With everything that it says of itself."""
    row = publishable(model.folder, NOW_MS)
    assert (row.version, row.digest, row.published_at_ms) == (model.version, model.digest, NOW_MS)
    assert (row.card.algorithm, row.card.vocabulary_items) == ("covisitation", 3)
    assert row.signature == json.loads((model.folder / "signature.json").read_text())


@pytest.mark.parametrize("name", model_folder.DECISIVE)
def test_a_tampered_file_is_refused(model: Exported, name: str) -> None:
    """One flipped bit: the file is named, the digest that the sums say, and the one that it has."""
    path = model.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert refusal(model.folder).startswith(f"model/{name}: expected SHA-256 ")
    assert model_folder.sha256_of(path) in refusal(model.folder)


@pytest.mark.parametrize("name", [*model_folder.DECISIVE, model_folder.SUMS, model_folder.CARD])
def test_a_missing_file_is_named(model: Exported, name: str) -> None:
    """Also the card, which decides no answer and yet tells people what they promote."""
    (model.folder / name).unlink()
    assert f"model/{name}: expected" in refusal(model.folder)


def test_a_file_that_no_sum_covers_is_refused(model: Exported) -> None:
    """It would be stored, and fetched by every function, for nothing."""
    (model.folder / "checkpoint.pt").write_bytes(b"gigabytes")
    assert refusal(model.folder).startswith("model: expected no files but SHA256SUMS, card.json, model.data")
    assert refusal(model.folder).endswith("got 'checkpoint.pt'")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """It names the file with which a check begins."""
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty") == "empty/SHA256SUMS: expected a file of a model folder, got 'no such file'"


def test_a_graph_that_nobody_can_run_is_refused_though_its_sums_are_right(model: Exported) -> None:
    """Before it is published, not by the first customer."""
    (model.folder / "model.onnx").write_bytes(b"no graph")
    assert "model/model.onnx: expected a graph that onnxruntime can open" in refusal(resealed(model.folder))


def test_a_signature_that_no_scorer_knows_is_refused_though_its_sums_are_right(model: Exported) -> None:
    """The field is named."""
    rewritten(model.folder / "signature.json", format=9)
    assert refusal(resealed(model.folder)) == "signature.json: format: expected 1, got 9"


@pytest.mark.parametrize("algorithm", ["../outside", "@champion", "", "Ünique", "a b"])
def test_an_algorithm_that_can_name_no_folder_is_refused(model: Exported, algorithm: str) -> None:
    """A version begins with it, and versions are folders, keys and words of a command line."""
    for name in ("signature.json", "card.json"):
        rewritten(model.folder / name, algorithm=algorithm)
    assert refusal(resealed(model.folder)).startswith("signature.json: algorithm: expected small letters")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"algorithm": "sasrec"}, "card.json: algorithm: expected 'covisitation', as in signature.json, got 'sasrec'"),
        ({"vocabulary_items": 4}, "card.json: vocabulary_items: expected 3, as in signature.json, got 4"),
        ({"training_set": None}, "card.json: training_set: expected a string of 1 to 256 characters, got null"),
        ({"format": 7}, "card.json: format: expected 1 to 2, got 7"),
    ],
)
def test_a_card_about_something_else_is_refused(model: Exported, changed: dict[str, Any], told: str) -> None:
    """People would promote by another model's figures."""
    rewritten(model.folder / "card.json", **changed)
    assert refusal(model.folder) == told


def test_a_card_that_is_no_text_is_refused(model: Exported) -> None:
    """In one line, as everything else."""
    (model.folder / "card.json").write_bytes(b"\xff\xfe")
    assert refusal(model.folder).startswith("model/card.json: expected a readable file, got")
