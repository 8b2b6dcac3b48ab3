"""Cleaning before a split: named steps, each from interactions to interactions, with counts before and after.

Labels without a row are dropped by every step: what nobody touched any more is not in the catalogue that is ranked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import LEARNED
from millstream.learning.interactions import Flags, Floats, Interactions, Ints


class Step(Protocol):
    """A rule that says which rows stay."""

    name: str

    def keeps(self, data: Interactions) -> Flags:
        """Whether each row stays, [n]."""


class Count(NamedTuple):
    """How much there was."""

    rows: int
    users: int
    items: int


@dataclass(frozen=True)
class Taken:
    """One step and what it left."""

    step: str
    before: Count
    after: Count

    def __str__(self) -> str:
        """One line for people."""
        parts = (f"{a:,} of {b:,} {what}" for what, b, a in zip(Count._fields, self.before, self.after, strict=True))
        return f"{self.step}: kept {', '.join(parts)}"


def prepare(data: Interactions, steps: Sequence[Step]) -> tuple[Interactions, list[Taken]]:
    """Take the steps one after the other. Raises `InvalidInputError` where a step leaves nothing."""
    data, taken = data.compacted(), []
    for step in steps:
        before = count(data)
        data = data.select(step.keeps(data)).compacted()
        taken.append(Taken(step.name, before, count(data)))
        if not len(data):
            raise InvalidInputError("preparation", "steps that leave some rows", str(taken[-1]))
    return data, taken


def count(data: Interactions) -> Count:
    """Rows, and users and items with at least one."""
    return Count(len(data), len(np.unique(data.user)), len(np.unique(data.item)))


@dataclass(frozen=True)
class Learned:
    """Only what says that a user likes an item: what was rejected never counts for it."""

    name = "learned kinds"

    def keeps(self, data: Interactions) -> Flags:
        """See `Step`."""
        return np.isin(data.kind, [int(kind) for kind in LEARNED])


@dataclass(frozen=True)
class DropDuplicates:
    """A user's first row with an item stays, later ones go. `same_time_only`: only those of the very same moment."""

    same_time_only: bool = False
    name = "drop duplicates"

    def keeps(self, data: Interactions) -> Flags:
        """See `Step`. Raises `InvalidInputError` where moments are wanted and the rows have none."""
        columns: list[Ints | Floats] = [data.user, data.item]
        if self.same_time_only:
            _check_timed(data, "same_time_only")
            columns.append(data.at)
        _, first = np.unique(np.stack(columns), axis=1, return_index=True)
        kept = np.zeros(len(data), dtype=bool)
        kept[first] = True
        return kept


@dataclass(frozen=True)
class KCore:
    """The largest part in which each user has `user_rows` rows or more, and each item `item_rows`.

    Rows are dropped until nothing changes: dropping a rare item may leave a user with too little, and so on.
    S. B. Seidman, "Network structure and minimum degree", Social Networks 1983.
    """

    user_rows: int = 5
    item_rows: int = 5
    name = "k-core"

    def __post_init__(self) -> None:
        for field in ("user_rows", "item_rows"):
            if getattr(self, field) < 1:
                raise InvalidInputError(field, "at least 1", getattr(self, field))

    def keeps(self, data: Interactions) -> Flags:
        """See `Step`."""
        kept = np.ones(len(data), dtype=bool)
        while True:
            left = data.select(kept)
            enough = (left.user_counts() >= self.user_rows)[data.user] & (left.item_counts() >= self.item_rows)[
                data.item
            ]
            if not (kept & ~enough).any():
                return kept
            kept &= enough


@dataclass(frozen=True)
class AccidentalClicks:
    """Without clicks that were not meant.

    A click on the item that the user is at already goes if it comes within `repeat_s` of the last click on it: a double
    click or a reload. Then a click goes if the user went on to something else within `dwell_s`; the last click of a
    user has no known dwell and stays. Dwell below a few seconds tells nothing of interest: X. Yi et al., "Beyond
    clicks: dwell time for personalization", RecSys 2014. 0 switches a rule off. Not for baskets: their lines have one
    time.
    """

    repeat_s: float = 5.0
    dwell_s: float = 2.0
    name = "accidental clicks"

    def __post_init__(self) -> None:
        for field in ("repeat_s", "dwell_s"):
            value = getattr(self, field)
            if not (math.isfinite(value) and value >= 0):
                raise InvalidInputError(field, "a number of seconds from 0", value)

    def keeps(self, data: Interactions) -> Flags:
        """See `Step`. Raises `InvalidInputError` where rows have no times."""
        _check_timed(data, "accidental clicks")
        by_user = np.argsort(data.user, kind="stable")
        user, item, at = data.user[by_user], data.item[by_user], data.at[by_user]
        same_user = np.diff(user) == 0
        repeated = np.zeros(len(data), dtype=bool)
        repeated[1:] = same_user & (np.diff(item) == 0) & (np.diff(at) < self.repeat_s)
        visits = np.flatnonzero(~repeated)
        left_at_once = np.zeros(len(visits), dtype=bool)
        left_at_once[:-1] = (np.diff(user[visits]) == 0) & (np.diff(at[visits]) < self.dwell_s)
        left_at_once[:-1] &= np.diff(item[visits]) != 0
        kept = np.zeros(len(data), dtype=bool)
        kept[by_user[visits[~left_at_once]]] = True
        return kept


STEPS = {"drop_duplicates": DropDuplicates, "k_core": KCore, "accidental_clicks": AccidentalClicks}
"""By the names that configurations use; each takes its knobs by name."""


def _check_timed(data: Interactions, what: str) -> None:
    if not data.timed:
        raise InvalidInputError(what, "rows with times", "an order only")
