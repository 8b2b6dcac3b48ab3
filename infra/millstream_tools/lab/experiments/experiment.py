"""The YAML files of experiments. Everything is validated before anything is fitted."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.leave_one_out import leave_one_out
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.slices import WHOLE
from millstream.learning.evaluation.time_split import time_split
from millstream.learning.families.knobs import knobs_of
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import Step
from millstream_tools.lab.evaluation.cold_items import cold_items
from millstream_tools.lab.evaluation.prequential.stream import StreamKnobs
from millstream_tools.lab.evaluation.results import Published
from millstream_tools.lab.experiments.reading import preparation_of, stated_in, unique_names
from millstream_tools.lab.experiments.source import Source
from millstream_tools.lab.models.families import create

PROTOCOLS: Mapping[str, Callable[..., Split]] = {
    "leave_one_out": leave_one_out,
    "time_split": time_split,
    "cold_items": cold_items,
}

STREAM = "prequential"
"""The kind of protocol in which models may learn during the evaluation; its knobs are `StreamKnobs`."""


@dataclass(frozen=True)
class Protocol:
    """An evaluation protocol: `knobs` are the arguments of the function that `kind` names.

    `slices` each get a table of their own; `published` figures stand in the first.
    """

    name: str
    kind: str
    knobs: Mapping[str, Any] = field(default_factory=dict)
    slices: tuple[str, ...] = (WHOLE,)
    published: tuple[Published, ...] = ()

    def __post_init__(self) -> None:
        kinds = (*PROTOCOLS, STREAM)
        if self.kind not in kinds:
            raise InvalidInputError(f"{self.name}.kind", f"one of {', '.join(kinds)}", self.kind)
        if self.kind == STREAM:
            names = [knob.name for knob in fields(StreamKnobs)]
        else:
            names = list(inspect.signature(PROTOCOLS[self.kind]).parameters)[1:]
        for name in self.knobs:
            if name not in names:
                raise InvalidInputError(f"{self.name}.knobs", f"names among {', '.join(names)}", name)

    @property
    def cuts(self) -> bool:
        """Whether there is a part to fit on and questions about the rest; a stream has no such parts."""
        return self.kind in PROTOCOLS

    def split(self, data: Interactions) -> Split:
        """The parts. Raises KeyError for a protocol that does not cut."""
        return PROTOCOLS[self.kind](data, **self.knobs)


@dataclass(frozen=True)
class Model:
    """A model in the tables, by the family and the knobs that `millstream_tools.lab.models.families` makes it from."""

    name: str
    family: str
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        create(self.family, self.knobs)


@dataclass(frozen=True)
class Experiment:
    """An experiment. `stated` is the file's content, to be included in the results."""

    name: str
    title: str
    data: Source
    preparation: tuple[Step, ...]
    protocols: tuple[Protocol, ...]
    models: tuple[Model, ...]
    seed: int
    stated: Mapping[str, Any]


_KEYS = ("title", "data", "preparation", "protocols", "models", "seed")


def read_experiment(path: Path, only: str | None = None) -> Experiment:
    """Read the experiment of a YAML file, named after it. Raises InvalidInputError for an invalid file.

    With `only` it has the model of this name alone: what the others need, PyTorch say, need not be installed.
    """
    stated = stated_in(path, _KEYS)
    models = unique_names(knobs_of(Model, one) for one in _those(stated["models"], only))
    return Experiment(
        name=path.stem,
        title=stated["title"],
        data=knobs_of(Source, stated["data"]),
        preparation=preparation_of(stated["preparation"]),
        protocols=tuple(_protocol(one) for one in stated["protocols"]),
        models=models,
        seed=stated["seed"],
        stated=stated,
    )


def _those(models: Sequence[Mapping[str, Any]], only: str | None) -> Sequence[Mapping[str, Any]]:
    """All of them, or the one with this name. Raises InvalidInputError, with all names, for an unknown one."""
    found = [one for one in models if only in (None, one.get("name"))]
    if models and not found:
        raise InvalidInputError("model", f"one of {', '.join(str(one.get('name')) for one in models)}", only)
    return found


def _protocol(stated: Mapping[str, Any]) -> Protocol:
    published = tuple(knobs_of(Published, one) for one in stated.get("published", ()))
    slices = tuple(stated.get("slices", (WHOLE,)))
    return knobs_of(Protocol, {**stated, "published": published, "slices": slices})
