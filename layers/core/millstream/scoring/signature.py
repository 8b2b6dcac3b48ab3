"""Signatures: the inputs and outputs of a model's graph, written by the export and checked by the scorer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from millstream.domain.attributes import MOST_ATTRIBUTES
from millstream.domain.errors import InvalidInputError
from millstream.domain.formats import check_format
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views.tastes import TAIL_DECAY, TAIL_ITEMS
from millstream.scoring.model_folder import SIGNATURE

FORMAT = 1


class Tensor(NamedTuple):
    """One input or output: name, element type, and shape, in which a word stands for any length."""

    name: str
    dtype: str
    shape: tuple[str | int, ...]


class FeatureSet(NamedTuple):
    """The features that the model was fitted on; a scorer must compute the same.

    `items` is the length of the tail, `decay` the weight of each item relative to the one after it.
    """

    name: str
    version: int
    items: int
    decay: float


FEATURES = FeatureSet("tail", 1, TAIL_ITEMS, TAIL_DECAY)
"""The latest distinct items, newest first, as computed by `domain.views.tastes`."""

MOST_ITEMS = 10_000
"""The longest valid tail; a signature with more is damaged."""

NEXT_ITEMS_INPUTS = (
    Tensor("tail", "int64", ("tail",)),
    Tensor("tail_weight", "float32", ("tail",)),
    Tensor("excluded", "int64", ("excluded",)),
    Tensor("limit", "int64", (1,)),
)
"""Indices into the vocabulary (-1: unknown), newest first, at least one; their weights; excluded indices; the largest
number of items."""

ATTRIBUTES_INPUT = Tensor("attributes", "int64", (MOST_ATTRIBUTES,))
"""A further input of graphs that read attributes: the codes of what is known of the user."""

NEXT_ITEMS_OUTPUTS = (
    Tensor("items", "int64", ("found",)),
    Tensor("scores", "float32", ("found",)),
    Tensor("because", "int64", ("found",)),
)
"""Indices into the vocabulary, best first, ties by index; their scores, all above 0; for each, the index in the tail of
the item that contributed most."""


@dataclass(frozen=True)
class Signature:
    """The contract between a graph and the code that runs it; `vocabulary_digest` is the SHA-256 of its key file.

    `exclude_seen` is what slates exclude by default with this model; None if that was not chosen.
    """

    algorithm: str
    opset: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    vocabulary_items: int
    vocabulary_digest: str
    features: FeatureSet = FEATURES
    exclude_seen: SeenItems | None = None

    @property
    def reads_attributes(self) -> bool:
        """Whether the graph has codes of attributes as an input."""
        return any(tensor.name == ATTRIBUTES_INPUT.name for tensor in self.inputs)

    def to_json(self) -> str:
        """The text of `signature.json`. Equal signatures give equal text."""
        fields = asdict(self)
        if self.exclude_seen is None:
            del fields["exclude_seen"]
        named = {"inputs": _as_objects(self.inputs), "outputs": _as_objects(self.outputs)}
        content = {"format": FORMAT, **fields, **named, "features": self.features._asdict()}
        return json.dumps(content, indent=2, sort_keys=True) + "\n"


def read_signature(folder: Path) -> Signature:
    """The signature of a model folder.

    Raises InvalidInputError, naming the field that is wrong; UnknownFormatError for a newer format.
    """
    path = folder / SIGNATURE
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{folder.name}/{SIGNATURE}", "a readable JSON file", error) from error
    if not isinstance(content, dict):
        raise InvalidInputError(SIGNATURE, "an object", content)
    check_format(SIGNATURE, content.get("format"), FORMAT)
    return Signature(
        algorithm=_field(content, "algorithm", str),
        opset=_field(content, "opset", int),
        inputs=_tensors(content, "inputs"),
        outputs=_tensors(content, "outputs"),
        vocabulary_items=_field(content, "vocabulary_items", int),
        vocabulary_digest=_field(content, "vocabulary_digest", str),
        features=_features(_field(content, "features", dict)),
        exclude_seen=seen_items(content),
    )


def check_next_items(signature: Signature) -> None:
    """Raise InvalidInputError unless this code can run the graph as a next-items model."""
    inputs = (*NEXT_ITEMS_INPUTS, ATTRIBUTES_INPUT) if signature.reads_attributes else NEXT_ITEMS_INPUTS
    for part, got, expected in (
        ("inputs", signature.inputs, inputs),
        ("outputs", signature.outputs, NEXT_ITEMS_OUTPUTS),
    ):
        if len(got) != len(expected):
            raise InvalidInputError(f"{SIGNATURE}: {part}", f"{len(expected)} tensors", [tensor.name for tensor in got])
        for index, (found, wanted) in enumerate(zip(got, expected, strict=True)):
            if found != wanted:
                raise InvalidInputError(f"{SIGNATURE}: {part}[{index}]", _described(wanted), _described(found))
    _check_features(signature.features)


def _check_features(features: FeatureSet) -> None:
    if features[:2] != FEATURES[:2]:
        raise InvalidInputError(f"{SIGNATURE}: features", f"{FEATURES.name} {FEATURES.version}", features._asdict())
    if not 1 <= features.items <= MOST_ITEMS:
        raise InvalidInputError(f"{SIGNATURE}: features.items", f"1 to {MOST_ITEMS}", features.items)
    if not 0 < features.decay <= 1:
        raise InvalidInputError(f"{SIGNATURE}: features.decay", "above 0, up to 1", features.decay)


def _as_objects(tensors: tuple[Tensor, ...]) -> list[dict[str, Any]]:
    return [tensor._asdict() for tensor in tensors]


def _described(tensor: Tensor) -> str:
    return f"{tensor.name}: {tensor.dtype}{list(tensor.shape)}"


def _tensors(content: Mapping[str, Any], part: str) -> tuple[Tensor, ...]:
    tensors = []
    for index, tensor in enumerate(_field(content, part, list)):
        where = f"{part}[{index}]."
        if not isinstance(tensor, dict):
            raise InvalidInputError(f"{SIGNATURE}: {part}[{index}]", "an object", tensor)
        shape = _field(tensor, "shape", list, where)
        if not all(isinstance(length, str | int) for length in shape):
            raise InvalidInputError(f"{SIGNATURE}: {where}shape", "lengths or words for them", shape)
        tensors.append(Tensor(_field(tensor, "name", str, where), _field(tensor, "dtype", str, where), tuple(shape)))
    return tuple(tensors)


def seen_items(content: Mapping[str, Any]) -> SeenItems | None:
    """What slates exclude by default with the model of this signature. Raises InvalidInputError for unknown words."""
    value = content.get("exclude_seen")
    if value is None:
        return None
    if value not in list(SeenItems):
        raise InvalidInputError(f"{SIGNATURE}: exclude_seen", f"one of {', '.join(SeenItems)}", value)
    return SeenItems(str(value))


def _features(content: Mapping[str, Any]) -> FeatureSet:
    where = "features."
    return FeatureSet(
        _field(content, "name", str, where),
        _field(content, "version", int, where),
        _field(content, "items", int, where),
        _field(content, "decay", float, where),
    )


_WORDS: dict[type, str] = {str: "a string", int: "an integer", float: "a number", list: "a list", dict: "an object"}


def _field(content: Mapping[str, Any], name: str, kind: type, where: str = "") -> Any:
    value = content.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InvalidInputError(f"{SIGNATURE}: {where}{name}", _WORDS[kind], value)
    return value
