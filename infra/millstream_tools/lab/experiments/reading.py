"""The common parts of the YAML files of experiments and tunings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.knobs import knobs_of
from millstream.learning.preparation import STEPS, Step


class _Named(Protocol):
    @property
    def name(self) -> str: ...


M = TypeVar("M", bound=_Named)


def stated_in(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """Read the file. Raises InvalidInputError if it is not a mapping, or has other keys than these."""
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(stated, dict) or set(stated) != set(keys):
        raise InvalidInputError(str(path), f"a mapping with the keys {', '.join(keys)}", stated)
    return stated


def unique_names(models: Iterable[M]) -> tuple[M, ...]:
    """The models of a file. Raises InvalidInputError if there are none, or two with the same name."""
    found = tuple(models)
    names = [model.name for model in found]
    if not names or len(set(names)) < len(names):
        raise InvalidInputError("models", "one or more, each with a name of its own", names)
    return found


def preparation_of(stated: Iterable[Mapping[str, Mapping[str, Any]]]) -> tuple[Step, ...]:
    """The steps of `preparation`, of which each entry is the name of one and its knobs. Raises InvalidInputError."""
    return tuple(_step(one) for one in stated)


def _step(stated: Mapping[str, Mapping[str, Any]]) -> Step:
    if len(stated) != 1 or next(iter(stated)) not in STEPS:
        raise InvalidInputError("preparation", f"entries of one name among {', '.join(STEPS)}", ", ".join(stated))
    name, knobs = next(iter(stated.items()))
    step: Step = knobs_of(STEPS[name], knobs or {})
    return step
