"""Interactions of users with items: the data format for fitting and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from millstream.domain.attributes import MOST_ATTRIBUTES
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import LEARNED, LOWEST_LIKED, EventKind

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.uint16]
"""Codes of attributes, eight a row; 0: unknown (domain/attributes.py)."""


NO_SESSION = -1


def _none() -> NDArray[np.int64]:
    return np.empty(0, np.int64)


def unknown(rows: int = 0) -> Codes:
    """The codes of rows of which no attribute is known."""
    return np.zeros((rows, MOST_ATTRIBUTES), np.uint16)


@dataclass(frozen=True, eq=False)
class Interactions:
    """n rows in order of time, or in file order if the data has no times.

    `user` [n] and `item` [n] are indices into the labels `users` and `items`; `at` [n] is in epoch seconds, or NaN in
    every row if only the order is known. Labels without a row are allowed: a selection keeps the whole catalogue.
    `kind` [n] are numbers of `EventKind`, `value` [n] is NaN if there is none, and `session` [n] numbers the
    sessions of all users, NO_SESSION if unknown. `attributes` [n, 8] is what was known of the user with each row. The
    defaults are views without value, session and attributes.
    """

    user: Ints
    item: Ints
    at: Floats
    users: Sequence[str]
    items: Sequence[str]
    kind: Ints = field(default_factory=_none)
    value: Floats = field(default_factory=lambda: np.empty(0))
    session: Ints = field(default_factory=_none)
    attributes: Codes = field(default_factory=unknown)

    def __post_init__(self) -> None:
        """Raise `InvalidInputError` if the columns do not match each other or the labels, or times decrease."""
        rows = len(self.user)
        for name, missing in (("kind", int(EventKind.ItemViewed)), ("value", np.nan), ("session", NO_SESSION)):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.full(rows, missing))
        if not len(self.attributes):
            object.__setattr__(self, "attributes", unknown(rows))
        if self.attributes.shape != (rows, MOST_ATTRIBUTES):
            raise InvalidInputError("attributes", f"{rows} rows of {MOST_ATTRIBUTES} codes", self.attributes.shape)
        _check_codes("user", self.user, rows, len(self.users))
        _check_codes("item", self.item, rows, len(self.items))
        for name in ("at", "kind", "value", "session"):
            if getattr(self, name).shape != self.user.shape:
                raise InvalidInputError(name, f"{rows} entries, one a row", getattr(self, name).shape)
        untimed = np.isnan(self.at)
        if untimed.any() and not untimed.all():
            raise InvalidInputError("at", "a time in every row or in none", f"{int(untimed.sum())} rows without")
        if not untimed.any() and (backwards := np.flatnonzero(np.diff(self.at) < 0)).size:
            raise InvalidInputError("at", "rows in order of time", f"an earlier time in row {int(backwards[0]) + 1}")

    def __len__(self) -> int:
        """Rows."""
        return len(self.user)

    @property
    def timed(self) -> bool:
        """Whether the rows have times; False without rows."""
        return len(self) > 0 and not np.isnan(self.at[0])

    @property
    def liked(self) -> Flags:
        """Whether each row says that the user likes the item, [n]; rejections and bad ratings do not."""
        liked: Flags = np.isin(self.kind, [int(kind) for kind in LEARNED])
        for kind, lowest in LOWEST_LIKED.items():
            liked &= ~((self.kind == kind) & (self.value < lowest))
        return liked

    def histories(self) -> list[Ints]:
        """The items of each user of `users`, oldest first; empty for users without rows."""
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
        return replace(
            self,
            user=self.user[mask],
            item=self.item[mask],
            at=self.at[mask],
            kind=self.kind[mask],
            value=self.value[mask],
            session=self.session[mask],
            attributes=self.attributes[mask],
        )

    def compacted(self) -> Interactions:
        """The same rows without unused labels; the remaining labels keep their order."""
        users, user = np.unique(self.user, return_inverse=True)
        items, item = np.unique(self.item, return_inverse=True)
        return replace(
            self,
            user=user.astype(np.int64),
            item=item.astype(np.int64),
            users=tuple(self.users[code] for code in users),
            items=tuple(self.items[code] for code in items),
        )


def _check_codes(name: str, codes: Ints, rows: int, labels: int) -> None:
    if codes.shape != (rows,):
        raise InvalidInputError(name, f"{rows} numbers, one a row", codes.shape)
    if codes.dtype != np.int64:
        raise InvalidInputError(name, "int64", codes.dtype)
    if rows and (codes.min() < 0 or codes.max() >= labels):
        raise InvalidInputError(name, f"indices into {labels} labels", f"{codes.min()}..{codes.max()}")
