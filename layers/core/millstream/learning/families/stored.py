"""Saved models: knobs as JSON, arrays as .npy. Loading runs no code from the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError

_KNOBS = "model.json"
_ARRAYS = "arrays.npz"


class Stored(NamedTuple):
    """A saved model."""

    knobs: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def save(folder: Path, name: str, knobs: object, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Save a model; `knobs` is a dataclass."""
    save_knobs(folder, name, asdict(knobs))  # type: ignore[call-overload]  # mypy wants a DataclassInstance
    np.savez(folder / _ARRAYS, allow_pickle=False, **dict(arrays))


def save_knobs(folder: Path, name: str, knobs: Mapping[str, Any]) -> None:
    """Save a model without arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _KNOBS).write_text(json.dumps({"model": name, "knobs": knobs}, indent=2, sort_keys=True) + "\n")


def load(folder: Path, name: str) -> Stored:
    """Read a model. Raises InvalidInputError if the folder holds another kind."""
    knobs = load_knobs(folder, name)
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        return Stored(knobs, dict(arrays))


def load_knobs(folder: Path, name: str) -> Mapping[str, Any]:
    """Read the knobs of a model. Raises InvalidInputError if the folder holds another kind."""
    content = json.loads((folder / _KNOBS).read_text())
    if content["model"] != name:
        raise InvalidInputError(str(folder / _KNOBS), f"the model {name}", content["model"])
    knobs: Mapping[str, Any] = content["knobs"]
    return knobs


def family(folder: Path) -> str:
    """The family of the model in a folder. Raises InvalidInputError if there is none."""
    try:
        return str(json.loads((folder / _KNOBS).read_text())["model"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(str(folder / _KNOBS), "a saved model", str(error)) from error
