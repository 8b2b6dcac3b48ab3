from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.slates.slate import SeenItems
from millstream.scoring.signature import (
    FEATURES,
    NEXT_ITEMS_INPUTS,
    NEXT_ITEMS_OUTPUTS,
    Signature,
    check_next_items,
    read_signature,
)

SIGNATURE = Signature("covisitation", 18, NEXT_ITEMS_INPUTS, NEXT_ITEMS_OUTPUTS, 3, "abc")


def written(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    """A folder with the signature after a change to its JSON."""
    content = json.loads(SIGNATURE.to_json())
    change(content)
    (folder / "signature.json").write_text(json.dumps(content))
    return folder


def test_a_signature_survives_its_file(tmp_path: Path) -> None:
    """What the trainer writes is what the scorer reads."""
    signature = read_signature(written(tmp_path))
    assert signature == SIGNATURE
    check_next_items(signature)


def test_what_slates_exclude_is_written_only_where_it_was_chosen(tmp_path: Path) -> None:
    """So the bytes of other models stay; an unknown word is refused by its name."""
    assert "exclude_seen" not in json.loads(SIGNATURE.to_json())
    chosen = replace(SIGNATURE, exclude_seen=SeenItems.PURCHASED)
    (tmp_path / "signature.json").write_text(chosen.to_json())
    assert read_signature(tmp_path) == chosen
    with pytest.raises(InvalidInputError, match="exclude_seen: expected one of none, session, purchased, all"):
        read_signature(written(tmp_path, lambda content: content.update(exclude_seen="sometimes")))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content.update(format=2), "signature.json: format: expected 1, got 2"),
        (lambda content: content.pop("algorithm"), "signature.json: algorithm: expected a string, got null"),
        (lambda content: content.update(opset="18"), "signature.json: opset: expected an integer, got '18'"),
        (lambda content: content.update(opset=True), "signature.json: opset: expected an integer, got true"),
        (lambda content: content.update(inputs={}), "signature.json: inputs: expected a list"),
        (lambda content: content["inputs"].insert(0, 7), r"signature.json: inputs\[0\]: expected an object, got 7"),
        (lambda content: content["inputs"][1].pop("dtype"), r"inputs\[1\].dtype: expected a string, got null"),
        (lambda content: content["outputs"][0].update(shape=[None]), r"outputs\[0\].shape: expected lengths or words"),
        (lambda content: content["features"].update(decay="x"), "signature.json: features.decay: expected a number"),
    ],
)
def test_a_wrong_field_is_named(change: Callable[[dict[str, Any]], object], told: str, tmp_path: Path) -> None:
    """The error says which field, what was expected and what came."""
    with pytest.raises(InvalidInputError, match=told):
        read_signature(written(tmp_path, change))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_object_is_refused(text: str, tmp_path: Path) -> None:
    """Cut off or of another kind."""
    (tmp_path / "signature.json").write_text(text)
    with pytest.raises(InvalidInputError, match=r"signature\.json"):
        read_signature(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error says which file."""
    with pytest.raises(InvalidInputError, match=r"signature\.json: expected a readable JSON file"):
        read_signature(tmp_path)


@pytest.mark.parametrize(
    ("signature", "told"),
    [
        (replace(SIGNATURE, inputs=NEXT_ITEMS_INPUTS[:3]), "inputs: expected 4 tensors"),
        (
            replace(SIGNATURE, inputs=(NEXT_ITEMS_INPUTS[0]._replace(dtype="int32"), *NEXT_ITEMS_INPUTS[1:])),
            r"inputs\[0\]: expected tail: int64\['tail'\], got \"tail: int32",
        ),
        (replace(SIGNATURE, features=FEATURES._replace(name="visits")), "features: expected tail 1, got .*visits"),
        (replace(SIGNATURE, features=FEATURES._replace(version=2)), "features: expected tail 1, got .*2"),
        (replace(SIGNATURE, features=FEATURES._replace(items=0)), "features.items: expected 1 to 10000, got 0"),
        (
            replace(SIGNATURE, features=FEATURES._replace(decay=1.5)),
            "features.decay: expected above 0, up to 1, got 1.5",
        ),
    ],
)
def test_a_model_that_asks_for_something_else_is_refused(signature: Signature, told: str) -> None:
    """A scorer must feed a graph with what it was fitted on."""
    with pytest.raises(InvalidInputError, match=told):
        check_next_items(signature)
