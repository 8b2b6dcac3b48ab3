"""Global time split: rows before one moment are for training, later ones for evaluation, as in operation.

Unlike leave-one-out, the training part contains nothing of the future: Y. Ji et al., "A critical study on data
leakage in recommender system offline evaluation", ACM TOIS 2023.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal, NamedTuple, get_args

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import REMEMBERED
from millstream.domain.slates.exclusions import Past, excluded_items
from millstream.domain.slates.slate import SeenItems
from millstream.domain.views.user_state import DAY_MS, RECENT_EVENTS, REMEMBERED_ITEMS
from millstream.learning.evaluation.questions import Questions, Split, check_choice
from millstream.learning.interactions import Interactions, Ints

Ask = Literal["next", "rest"]
"""next: predict each later row from all the user's rows before it (live context) or before the cut (frozen context).
rest: for each user with later rows, predict all of them as one set of targets from the rows before the cut."""

ExcludeInTime = Literal["history", "same time", "none", "session", "purchased", "all"]
"""Excluded items. history: those of the history. same time: earlier ones of the same moment (a basket).
none, session, purchased, all: as in a request at the time of the row (`domain.slates.exclusions`)."""


def time_split(
    data: Interactions,
    share: float = 0.8,
    *,
    until: float = 1.0,
    ask: Ask = "next",
    live: bool = True,
    every: int = 1,
    exclude: ExcludeInTime = "none",
    seen: Seen | None = None,
) -> Split:
    """Split before the row at `share` of all rows and all rows of its time; rows from `until` on are not used.

    A validation split is one before the test split: share 0.6, until 0.8. With ask "next", one of `every` rows becomes
    a question. Raises `InvalidInputError` for rows without times, for shares out of order, and if one part would be
    empty. `seen` are the events that the exclusions of a request see, if they are more than the rows.
    """
    _check(data, share, until, every, ask, exclude)
    cut, end = _first_of_its_time(data, share), _first_of_its_time(data, until)
    if not 0 < cut < end:
        raise InvalidInputError("share", "rows before the cut and after it", f"{cut} and {end - cut}")
    later = np.arange(cut, end)
    reader = _Reader(data, cut, seen or Seen(data, np.arange(len(data))))
    asked = reader.next_rows(later[::every], live, exclude) if ask == "next" else reader.the_rest(later, exclude)
    context = ("live" if live else "frozen") + " context" if ask == "next" else "one question a user"
    moment = f"{np.datetime64(int(data.at[cut]), 's')} UTC"
    return Split(
        protocol=f"time split at {moment} ({cut} rows before, {end - cut} after), "
        f"{ask}, {context}, excluded: {exclude}",
        train=data.select(np.arange(len(data)) < cut),
        questions=asked,
    )


class Seen(NamedTuple):
    """Events [m] that exclusions see, and the place of each row [n] of the split data among them."""

    events: Interactions
    rows: Ints


class _Reader:
    """Each user's rows in order, and the index of each row among them."""

    def __init__(self, data: Interactions, cut: int, seen: Seen) -> None:
        self.past = _Past(seen, cut)
        by_user = np.argsort(data.user, kind="stable")
        ends = np.cumsum(data.user_counts())
        self.data = data
        self.starts = ends - data.user_counts()
        self.items, self.times = data.item[by_user], data.at[by_user]
        self.place = np.empty(len(data), dtype=np.int64)
        self.place[by_user] = np.arange(len(data))
        self.cuts = self.starts + np.bincount(data.user[:cut], minlength=len(data.users))

    def next_rows(self, rows: Ints, live: bool, exclude: ExcludeInTime) -> Questions:
        """One question per row."""
        users = self.data.user[rows]
        shown_until = self.place[rows] if live else self.cuts[users]
        shown = [self.items[self.starts[user] : end] for user, end in zip(users, shown_until, strict=True)]
        return Questions(
            user=users,
            histories=shown,
            targets=[self.data.item[row : row + 1] for row in rows],
            excluded=[
                self._excluded(int(row), live, history, exclude) for row, history in zip(rows, shown, strict=True)
            ],
            attributes=self.data.attributes[rows],
        )

    def the_rest(self, rows: Ints, exclude: ExcludeInTime) -> Questions:
        """One question per user; targets in order of item number."""
        users, firsts = np.unique(self.data.user[rows], return_index=True)
        shown = [self.items[self.starts[user] : self.cuts[user]] for user in users]
        pairs = np.unique(np.stack([self.data.user[rows], self.data.item[rows]]), axis=1)
        return Questions(
            user=users,
            histories=shown,
            targets=np.split(pairs[1], np.flatnonzero(np.diff(pairs[0])) + 1),
            excluded=[
                self._excluded(int(row), False, history, exclude)
                for row, history in zip(rows[firsts], shown, strict=True)
            ],
            attributes=self.data.attributes[rows[firsts]],
        )

    def _excluded(self, row: int, live: bool, history: Ints, exclude: ExcludeInTime) -> Ints:
        if exclude == "history":
            return history
        if exclude != "same time":
            return self.past.excluded(row, live, SeenItems(exclude))
        place, start = int(self.place[row]), int(self.starts[self.data.user[row]])
        first = start + int(np.searchsorted(self.times[start:place], self.times[place]))
        return self.items[first:place]


class _Past:
    """What exclusions see: each user's events, in order, as far as the user's row keeps them."""

    def __init__(self, seen: Seen, cut: int) -> None:
        events = seen.events
        by_user = np.argsort(events.user, kind="stable")
        self.seen = seen
        self.starts = np.cumsum(events.user_counts()) - events.user_counts()
        self.items, self.times, self.kinds = events.item[by_user], events.at[by_user], events.kind[by_user]
        self.place = np.empty(len(events), dtype=np.int64)
        self.place[by_user] = np.arange(len(events))
        self.cuts = self.starts + np.bincount(events.user[: seen.rows[cut]], minlength=len(events.users))
        self.kept = np.flatnonzero(np.isin(self.kinds, [int(kind) for kind in REMEMBERED]))

    def excluded(self, row: int, live: bool, seen: SeenItems) -> Ints:
        """What a request at the time of a row excludes; it knows the events before the row (live) or the cut."""
        at = int(self.seen.rows[row])
        user = self.seen.events.user[at]
        end = int(self.place[at] if live else self.cuts[user])
        start = int(self.starts[user])
        past = chain(self._recent(max(start, end - RECENT_EVENTS), end), self._remembered(start, end))
        now_ms = round(1000 * self.seen.events.at[at])
        return np.array(sorted(excluded_items(past, seen, now_ms)), np.int64)

    def _recent(self, start: int, end: int) -> Iterator[Past[int]]:
        """Newest first."""
        for place in range(end - 1, start - 1, -1):
            yield Past(int(self.items[place]), int(self.kinds[place]), round(1000 * self.times[place]))

    def _remembered(self, start: int, end: int) -> Iterator[Past[int]]:
        """The latest purchase of an item and opinion about it, as in `UserState.keep`, latest first."""
        first, last = np.searchsorted(self.kept, (start, end))
        found: set[tuple[int, int]] = set()
        for place in self.kept[first:last][::-1].tolist():
            if len(found) == REMEMBERED_ITEMS:
                return
            item_and_kind = int(self.items[place]), int(self.kinds[place])
            if item_and_kind not in found:
                found.add(item_and_kind)
                yield Past(*item_and_kind, round(1000 * self.times[place]) // DAY_MS * DAY_MS)


def _first_of_its_time(data: Interactions, share: float) -> int:
    row = int(share * len(data))
    return int(np.searchsorted(data.at, data.at[row])) if row < len(data) else len(data)


def _check(data: Interactions, share: float, until: float, every: int, ask: Ask, exclude: ExcludeInTime) -> None:
    check_choice("ask", get_args(Ask), ask)
    check_choice("exclude", get_args(ExcludeInTime), exclude)
    if not data.timed:
        raise InvalidInputError("data", "rows with times", "an order only")
    if not 0 < share < until <= 1:
        raise InvalidInputError("share", "0 < share < until <= 1", (share, until))
    if every < 1:
        raise InvalidInputError("every", "at least 1", every)
    if ask == "rest" and exclude not in ("history", "none"):
        raise InvalidInputError("exclude", "history or none where a user's rest is asked for at once", exclude)
