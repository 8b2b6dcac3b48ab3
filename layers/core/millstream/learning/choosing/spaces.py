"""What is tried: families, and values of their knobs. The lab adds the families that need more libraries.

Values are in order, so that a search can move to the next smaller or larger one. The first candidate of a space has the
knobs of `start`; of all other knobs the families' defaults hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from millstream.learning.choosing.trials import Trial

DRAWS = 200
"""Draws after which a space counts as exhausted, when all of them were drawn before."""

Knobs = Mapping[str, Any]


@dataclass(frozen=True)
class Space:
    """A family and the values of its knobs. `turns` is how many candidates it gives in each round of all spaces.

    `ladder` are knobs that grow with the rungs of a search, such as epochs: one value for each rung. `fixed` are knobs
    that all candidates have.
    """

    family: str
    knobs: Mapping[str, Sequence[Any]]
    start: Knobs = field(default_factory=dict)
    fixed: Knobs = field(default_factory=dict)
    ladder: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    turns: int = 1

    def drawn(self, draw: np.random.Generator) -> Iterator[Point]:
        """The start, then random candidates, each once, until the space is exhausted."""
        seen: set[str] = set()
        knobs: Knobs = self.start
        while True:
            candidate = Point(self, {**self.start, **knobs})
            key = candidate.at(0).key
            if key not in seen:
                seen.add(key)
                yield candidate
            for _ in range(DRAWS):
                knobs = {name: values[int(draw.integers(len(values)))] for name, values in self.knobs.items()}
                if Point(self, knobs).at(0).key not in seen:
                    break
            else:
                return

    def neighbours(self, knobs: Knobs) -> list[Knobs]:
        """The knobs with one value moved to the next smaller or larger one, in order."""
        found: list[Knobs] = []
        for name, values in self.knobs.items():
            at = _place(values, knobs.get(name))
            for step in (-1, 1) if at is not None else (0,):
                place = (at or 0) + step
                if 0 <= place < len(values):
                    found.append({**knobs, name: values[place]})
        return found


@dataclass(frozen=True)
class Point:
    """A point of a space."""

    space: Space
    knobs: Knobs

    def at(self, rung: int) -> Trial:
        """The trial on a rung; the last rung is that of the final model."""
        grown = {
            name: values[min(rung, len(values) - 1)] if rung >= 0 else values[-1]
            for name, values in self.space.ladder.items()
        }
        return Trial(self.space.family, {**self.space.fixed, **self.knobs, **grown})


def in_rounds(spaces: Sequence[Space], seed: int) -> Iterator[Point]:
    """Points of all spaces, in rounds in which each space has its turns; always the same for a seed."""
    drawing = [(space, space.drawn(np.random.default_rng([seed, number]))) for number, space in enumerate(spaces)]
    while drawing:
        for space, candidates in list(drawing):
            for _ in range(space.turns):
                candidate = next(candidates, None)
                if candidate is None:
                    drawing.remove((space, candidates))
                    break
                yield candidate


def _place(values: Sequence[Any], value: Any) -> int | None:
    return values.index(value) if value in values else None
