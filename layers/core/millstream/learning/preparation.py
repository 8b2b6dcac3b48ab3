"""Data preparation: named steps that filter interactions, with counts before and after.

Every step drops labels without a row, so items without events are not in the ranked catalogue.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Flags, Floats, Interactions, Ints


class Step(Protocol):
    """A filter of rows."""

    name: str

    def keeps(self, data: Interactions) -> Flags:
        """Whether each row is kept, [n]."""


class Count(NamedTuple):
    """Numbers of rows, users and items."""

    rows: int
    users: int
    items: int


@dataclass(frozen=True)
class Taken:
    """A step that was applied, with the counts before and after."""

    step: str
    before: Count
    after: Count

    def __str__(self) -> str:
        """One line of text."""
        parts = (f"{a:,} of {b:,} {what}" for what, b, a in zip(Count._fields, self.before, self.after, strict=True))
        return f"{self.step}: kept {', '.join(parts)}"


def prepare(data: Interactions, steps: Sequence[Step]) -> tuple[Interactions, list[Taken]]:
    """Apply the steps in order. Raises `InvalidInputError` if a step leaves nothing."""
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
    """Keep only positive events: rejections and bad ratings never count for an item."""

    name = "learned kinds"

    def keeps(self, data: Interactions) -> Flags:
        """See `Step`."""
        return data.liked


@dataclass(frozen=True)
class DropDuplicates:
    """Keep a user's first row with an item. With `same_time_only`, drop only later rows of the same time."""

    same_time_only: bool = False
    name = "drop duplicates"

    def keeps(self, data: Interactions) -> Flags:
        """See `Step`. Raises `InvalidInputError` if times are needed and the rows have none."""
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
    """Drop accidental clicks.

    A repeated click on the same item within `repeat_s` is dropped: a double click or a reload. Then a click is dropped
    if the user clicked something else within `dwell_s`; a user's last click has no known dwell time and is kept. A
    dwell time below a few seconds shows no interest: X. Yi et al., "Beyond clicks: dwell time for personalization",
    RecSys 2014. 0 disables a rule. Not for baskets, whose rows have the same time.
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
        """See `Step`. Raises `InvalidInputError` if rows have no times."""
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
"""The steps by their names in configurations; each takes its knobs by name."""


def _check_timed(data: Interactions, what: str) -> None:
    if not data.timed:
        raise InvalidInputError(what, "rows with times", "an order only")
