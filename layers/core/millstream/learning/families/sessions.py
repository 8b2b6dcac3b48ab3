"""Past sessions as an index: the items of each session, and the latest sessions of each item."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.domain.views.user_state import SESSION_GAP_S
from millstream.learning.interactions import NO_SESSION, Flags, Floats, Interactions, Ints

Of = Literal["session", "user"]
"""What is a session: what the data says, or what pauses of SESSION_GAP_S say; or all that a user does."""

Rows = NDArray[np.int32]


class Limits(NamedTuple):
    """Bounds of an index: 4 bytes * (sessions * `session_items` + items * `item_sessions`), and of one user's part."""

    session_items: int
    """A longer session is cut into pieces of so many distinct items, each a session of its own."""

    item_sessions: int
    """The number of latest sessions of each item."""

    user_sessions: int
    """The number of latest sessions of each user."""


class SessionIndex(NamedTuple):
    """S sessions, the latest first, and N items; the last row of each matrix is empty, and pads the other."""

    items: Rows
    """[S + 1, L] the distinct items of each session by their last event, padded with N."""

    sessions: Rows
    """[N + 1, Q] the latest sessions of each item, latest first, padded with S."""

    idf: Floats
    """[N] log(1 + sessions / sessions with the item), relative to that of an item in one: 0 to 1."""

    last_rows: Ints
    """[S] the row of the data with the last event of each session."""


def session_index(data: Interactions, of: Of, limits: Limits) -> SessionIndex:
    """The index of a data set; sessions of one item are left out, because nothing follows from them."""
    session = session_numbers(data, of)
    row = _distinct(data, session)
    session = _pieces(session[row], limits.session_items)
    session, row = _of_several(session, row)
    last = np.full(int(session.max(initial=-1)) + 1, -1)
    np.maximum.at(last, session, row)
    latest = np.argsort(-last)
    latest = latest[_rank(data.user[last[latest]]) < limits.user_sessions]
    session, row = _renumbered(session, row, latest)
    with_item = np.bincount(data.item[row], minlength=len(data.items))
    idf = np.log1p(len(latest) / np.maximum(with_item, 1)) / np.log1p(max(1, len(latest)))
    by_item = np.lexsort((session, data.item[row]))
    listed = by_item[_rank(data.item[row][by_item]) < limits.item_sessions]
    found = np.unique(session[listed])  # what no item lists is never a neighbour
    sessions = _matrix(data.item[row][listed], np.searchsorted(found, session[listed]), len(data.items), len(found))
    session, row = _renumbered(session, row, found)
    order = np.lexsort((row, session))
    items = _matrix(session[order], data.item[row][order], len(found), len(data.items))
    return SessionIndex(items, sessions, idf, last[latest][found])


def session_numbers(data: Interactions, of: Of) -> Ints:
    """A number for the session of each row, [n]; sessions of one user at the same time (two devices) are apart."""
    by_user = np.argsort(data.user, kind="stable")
    user, at, named = data.user[by_user], data.at[by_user], data.session[by_user]
    starts = _changes(user)
    if of == "session":
        pauses = np.diff(at, prepend=at[:1]) >= SESSION_GAP_S  # none without times: NaN compares false
        starts |= pauses & (named == NO_SESSION)
    stretch = np.cumsum(starts, dtype=np.int64)
    if of == "session":
        stretch = np.where(named == NO_SESSION, -stretch, named)
    numbers = np.empty(len(data), np.int64)
    numbers[by_user] = stretch
    return numbers


def _changes(*columns: Ints) -> Flags:
    """Whether each row differs from the one before it in one of the columns, [n]; the first one does."""
    changes = np.ones(len(columns[0]), bool)
    changes[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return changes


def _distinct(data: Interactions, session: Ints) -> Ints:
    """The rows with the last event of each session on each item, by session and row."""
    order = np.lexsort((-np.arange(len(data)), data.item, session))
    last = order[_changes(session[order], data.item[order])]
    return np.asarray(last[np.lexsort((last, session[last]))])


def _pieces(session: Ints, most: int) -> Ints:
    """Numbers for the pieces of sessions, counted from their ends; `session` ascends."""
    from_end = np.searchsorted(session, session, side="right") - 1 - np.arange(len(session))
    return np.asarray(np.cumsum(_changes(session, from_end // most)) - 1)


def _of_several(session: Ints, row: Ints) -> tuple[Ints, Ints]:
    several = np.bincount(session)[session] > 1 if len(session) else np.empty(0, bool)
    _, number = np.unique(session[several], return_inverse=True)
    return number, row[several]


def _renumbered(session: Ints, row: Ints, kept: Ints) -> tuple[Ints, Ints]:
    """The entries of the sessions `kept`, numbered by their place in it."""
    number = np.full(int(session.max(initial=-1)) + 1, -1)
    number[kept] = np.arange(len(kept))
    is_kept = number[session] >= 0
    return number[session[is_kept]], row[is_kept]


def _rank(groups: Ints) -> Ints:
    """How many entries before each have the same group, [n]."""
    order = np.argsort(groups, kind="stable")
    ascending = groups[order]
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - np.searchsorted(ascending, ascending)
    return rank


def _matrix(row: Ints, values: Ints, rows: int, padding: int) -> Rows:
    """The values of each row in their order, [rows + 1, the longest]."""
    rank = _rank(row)
    matrix = np.full((rows + 1, int(rank.max(initial=0)) + 1), padding, np.int32)
    matrix[row, rank] = values
    return matrix
