from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.views.tastes import TAIL_ITEMS
from millstream.learning.export.folder import Exported
from millstream.learning.families.covisitation import CovisitationKnobs
from millstream.scoring import model_folder
from millstream.scoring.onnx_scorer import OnnxScorer
from tests.unit.millstream.learning.histories import exported, log_of, scorer_of

HISTORIES = {f"user {n}": ["a", "b", "c"] for n in range(5)}


@pytest.fixture
def model(tmp_path: Path) -> Exported:
    """A published model folder."""
    return exported(log_of(HISTORIES), tmp_path / "model")


def resealed(folder: Path) -> str:
    """The version of a folder after somebody changed it and wrote new sums."""
    (folder / "SHA256SUMS").write_text(model_folder.sums_of(folder))
    return model_folder.version_name("covisitation", model_folder.digest_of(folder))


def test_a_published_folder_loads(model: Exported) -> None:
    """What was exported is what is served."""
    assert OnnxScorer.load(model.folder, model.version).version == model.version


def test_a_folder_of_another_version_is_refused(model: Exported) -> None:
    """A pointer to one version must not serve another."""
    with pytest.raises(InvalidInputError, match=f"version covisitation-0123, got '{model.version}'"):
        OnnxScorer.load(model.folder, "covisitation-0123")


@pytest.mark.parametrize("name", model_folder.DECISIVE)
def test_a_changed_file_is_refused(model: Exported, name: str) -> None:
    """One flipped bit in any file that decides an answer."""
    content = bytearray((model.folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model.folder / name).write_bytes(content)
    with pytest.raises(InvalidInputError):
        OnnxScorer.load(model.folder, model.version)


@pytest.mark.parametrize("name", [*model_folder.DECISIVE, model_folder.SUMS])
def test_a_missing_file_is_named(model: Exported, name: str) -> None:
    """A download that was cut off says which file did not come."""
    (model.folder / name).unlink()
    with pytest.raises(InvalidInputError, match=name):
        OnnxScorer.load(model.folder, model.version)


def test_a_folder_that_was_verified_before_need_not_be_read_again(model: Exported) -> None:
    """Without verification a load reads no more than it needs; the ids are for people."""
    (model.folder / "vocabulary.ids").unlink()
    assert OnnxScorer.load(model.folder, model.version, verify=False).similar(item_key("a"), 1)


def test_a_vocabulary_of_another_model_is_refused(model: Exported, tmp_path: Path) -> None:
    """Indices would name other items."""
    other = exported(log_of({"user": ["x", "y", "z"]}), tmp_path / "other")
    (model.folder / "vocabulary.keys").write_bytes((other.folder / "vocabulary.keys").read_bytes())
    with pytest.raises(InvalidInputError, match="vocabulary_digest"):
        OnnxScorer.load(model.folder, resealed(model.folder))


def test_a_vocabulary_of_another_size_than_signed_is_refused(model: Exported) -> None:
    """The signature tells how many items there are."""
    changed = json.loads((model.folder / "signature.json").read_text())
    changed["vocabulary_items"] = 4
    (model.folder / "signature.json").write_text(json.dumps(changed))
    with pytest.raises(InvalidInputError, match="vocabulary_items: expected 3, got 4"):
        OnnxScorer.load(model.folder, resealed(model.folder))


@pytest.mark.parametrize(
    "broken", [lambda graph: graph[: len(graph) // 2], lambda graph: graph.replace(b"tail_weight", b"tail_height")]
)
def test_a_graph_that_is_not_as_signed_is_refused(model: Exported, broken: Callable[[bytes], bytes]) -> None:
    """Cut off, or with an input of another name."""
    graph = model.folder / "model.onnx"
    graph.write_bytes(broken(graph.read_bytes()))
    with pytest.raises(InvalidInputError, match=r"model\.onnx"):
        OnnxScorer.load(model.folder, resealed(model.folder))


def test_only_the_latest_items_of_a_long_tail_count(tmp_path: Path) -> None:
    """The model was fitted on TAIL_ITEMS of them."""
    scorer = scorer_of(HISTORIES, tmp_path)
    strangers = [item_key(f"stranger {n}") for n in range(TAIL_ITEMS)]
    assert scorer.recommend([*strangers[1:], item_key("a")], [], 5)
    assert scorer.recommend([*strangers, item_key("a")], [], 5) == []


@pytest.mark.parametrize("decay", [0.3, 0.7, 1.0])
def test_an_earlier_item_says_less_by_the_decay_that_the_model_was_exported_with(tmp_path: Path, decay: float) -> None:
    """Its signature tells; models that ask in different ways may take turns."""
    model = exported(log_of(HISTORIES), tmp_path, CovisitationKnobs(asked_decay=decay))
    scorer = OnnxScorer.load(model.folder, model.version)
    now = scorer.recommend([item_key("a")], [], 1)[0].score
    before = scorer.recommend([item_key("stranger"), item_key("a")], [], 1)[0].score
    assert before == pytest.approx(now * decay)


def test_the_reason_is_the_item_that_says_most_by_the_models_own_decay(tmp_path: Path) -> None:
    """One history asks for the same item twice as loudly as the other, but earlier."""
    log = log_of({"one": ["loud", "x"], "two": ["loud", "x"], "three": ["soft", "x"]})
    asked = [item_key("soft"), item_key("loud")]
    for decay, reason in ((0.3, "soft"), (0.9, "loud")):
        model = exported(log, tmp_path / reason, CovisitationKnobs(asked_decay=decay))
        best = OnnxScorer.load(model.folder, model.version).recommend(asked, asked, 1)[0]
        assert (best.item, best.because) == (item_key("x"), item_key(reason))
