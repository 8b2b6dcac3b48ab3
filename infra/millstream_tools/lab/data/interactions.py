"""Who did something with what, and when: the one form in which the lab holds data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Interactions:
    """n rows in order of time, or of the file where it has no time.

    `user` [n] and `item` [n] are indices into the labels `users` and `items`; `at` [n] is in epoch seconds, or NaN in
    every row where there is only an order. Labels without a row are allowed: a selection keeps the catalogue whole.
    """

    user: Ints
    item: Ints
    at: Floats
    users: Sequence[str]
    items: Sequence[str]

    def __post_init__(self) -> None:
        """Raises `InvalidInputError` where the columns do not fit each other or the labels, or time runs backwards."""
        _check_codes("user", self.user, len(self.user), len(self.users))
        _check_codes("item", self.item, len(self.user), len(self.items))
        if self.at.shape != self.user.shape:
            raise InvalidInputError("at", f"{len(self.user)} times, one a row", self.at.shape)
        unknown = np.isnan(self.at)
        if unknown.any() and not unknown.all():
            raise InvalidInputError("at", "a time in every row or in none", f"{int(unknown.sum())} rows without")
        if not unknown.any() and (backwards := np.flatnonzero(np.diff(self.at) < 0)).size:
            raise InvalidInputError("at", "rows in order of time", f"an earlier time in row {int(backwards[0]) + 1}")

    def __len__(self) -> int:
        """Rows."""
        return len(self.user)

    @property
    def timed(self) -> bool:
        """Whether the rows have times. No rows: no times."""
        return len(self) > 0 and not np.isnan(self.at[0])

    def histories(self) -> list[Ints]:
        """The items of each user of `users`, oldest first; empty where a user has no row."""
        by_user = np.argsort(self.user, kind="stable")
        ends = np.cumsum(self.user_counts())
        return np.split(self.item[by_user], ends[:-1]) if len(self.users) else []

    def user_counts(self) -> Ints:
        """Rows of each user, [users]."""
        return np.bincount(self.user, minlength=len(self.users)).astype(np.int64)

    def item_counts(self) -> Ints:
        """Rows of each item, [items]."""
        return np.bincount(self.item, minlength=len(self.items)).astype(np.int64)

    def select(self, mask: Flags) -> Interactions:
        """The rows where `mask` [n] is true, with the same labels, so that codes keep their meaning."""
        return Interactions(self.user[mask], self.item[mask], self.at[mask], self.users, self.items)

    def compacted(self) -> Interactions:
        """The same rows without the labels that no row has; the remaining labels keep their order."""
        users, user = np.unique(self.user, return_inverse=True)
        items, item = np.unique(self.item, return_inverse=True)
        return Interactions(
            user.astype(np.int64),
            item.astype(np.int64),
            self.at,
            tuple(self.users[code] for code in users),
            tuple(self.items[code] for code in items),
        )


def _check_codes(name: str, codes: Ints, rows: int, labels: int) -> None:
    if codes.shape != (rows,):
        raise InvalidInputError(name, f"{rows} numbers, one a row", codes.shape)
    if codes.dtype != np.int64:
        raise InvalidInputError(name, "int64", codes.dtype)
    if rows and (codes.min() < 0 or codes.max() >= labels):
        raise InvalidInputError(name, f"indices into {labels} labels", f"{codes.min()}..{codes.max()}")
