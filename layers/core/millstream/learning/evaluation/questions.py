"""Evaluation questions, and the training part of a split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Codes, Flags, Interactions, Ints, unknown

Exclude = Literal["history", "none"]
"""Whether items of the history are excluded from the ranking. "history": users do not rate a film twice."""


def check_choice(field: str, choices: Sequence[str], got: str) -> None:
    """Raise `InvalidInputError` for a value from a file that is not among the choices."""
    if got not in choices:
        raise InvalidInputError(field, f"one of {', '.join(choices)}", got)


@dataclass(frozen=True, eq=False)
class Questions:
    """q questions: which items follow `histories[i]` (items, oldest first) of `user[i]`? `targets[i]`, at least one.

    `excluded[i]` are items that must not be in answer i. An excluded target counts as not found. `attributes` [q, 8] is
    what a request would say and the user's row has.
    """

    user: Ints
    histories: Sequence[Ints]
    targets: Sequence[Ints]
    excluded: Sequence[Ints]
    attributes: Codes = field(default_factory=unknown)

    def __post_init__(self) -> None:
        """Raise `InvalidInputError` if the columns differ in length, or a question has no or repeated targets."""
        if not len(self.attributes):
            object.__setattr__(self, "attributes", unknown(len(self.user)))
        for name, column in (
            ("histories", self.histories),
            ("targets", self.targets),
            ("excluded", self.excluded),
            ("attributes", self.attributes),
        ):
            if len(column) != len(self.user):
                raise InvalidInputError(name, f"one for each of {len(self.user)} questions", len(column))
        for number, targets in enumerate(self.targets):
            if not len(targets) or len(np.unique(targets)) < len(targets):
                raise InvalidInputError(f"targets[{number}]", "one or more different items", targets.tolist())

    def __len__(self) -> int:
        """Questions."""
        return len(self.user)

    def select(self, mask: Flags) -> Questions:
        """The questions where `mask` [q] is true."""
        kept = [int(number) for number in np.flatnonzero(mask)]
        return Questions(
            self.user[kept],
            [self.histories[i] for i in kept],
            [self.targets[i] for i in kept],
            [self.excluded[i] for i in kept],
            self.attributes[kept],
        )

    def batches(self, size: int) -> Iterator[slice]:
        """Slices of at most `size` questions, in order."""
        for start in range(0, len(self), size):
            yield slice(start, min(start + size, len(self)))


@dataclass(frozen=True, eq=False)
class Split:
    """Data split by a protocol: `train` is for `fit` and has all labels of the catalogue; `questions` are later."""

    protocol: str
    train: Interactions
    questions: Questions
