"""Knobs (hyperparameters): each model has a frozen dataclass of them, which configurations fill by name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from millstream.domain.errors import InvalidInputError

K = TypeVar("K")


def knobs_of(kind: type[K], values: Mapping[str, Any]) -> K:
    """Knobs with these values, and defaults for the others.

    Raises InvalidInputError for an unknown name, and for a missing knob without a default.
    """
    knobs = dataclasses.fields(kind)  # type: ignore[arg-type]  # mypy wants a DataclassInstance
    names = [knob.name for knob in knobs]
    for name in values:
        if name not in names:
            raise InvalidInputError(name, f"one of {', '.join(names)}", values[name])
    for knob in knobs:
        without_default = knob.default is dataclasses.MISSING and knob.default_factory is dataclasses.MISSING
        if without_default and knob.name not in values:
            raise InvalidInputError(knob.name, f"a value for {kind.__name__}", "none")
    return kind(**values)


def whole(knobs: object, *names: str, least: int = 1) -> None:
    """Raise InvalidInputError for a knob that is not a whole number of at least `least`."""
    for name in names:
        value = getattr(knobs, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InvalidInputError(name, f"a whole number, at least {least}", value)


def between(knobs: object, *names: str, above: float | None = None, least: float = 0.0, most: float = math.inf) -> None:
    """Raise InvalidInputError for a knob that is not a finite number within the bounds; `above` is exclusive."""
    low = f"above {above:g}" if above is not None else f"at least {least:g}"
    expected = f"a number {low}" + ("" if math.isinf(most) else f" and at most {most:g}")
    for name in names:
        value = getattr(knobs, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or value > most or (value <= above if above is not None else value < least):
            raise InvalidInputError(name, expected, value)
