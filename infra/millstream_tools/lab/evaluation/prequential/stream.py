"""Events in order of time: the first part for fitting, the others for evaluation one by one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import check_choice
from millstream.learning.interactions import Flags, Interactions, Ints

ExcludeInStream = Literal["history", "session", "none"]
"""Excluded items: all that the user had before, those of the current session, or none."""


_DAY_S = 86_400.0


@dataclass(frozen=True)
class StreamKnobs:
    """Knobs of a stream."""

    share: float = 0.8
    """Of all rows, those to fit on before the stream begins."""

    events: int | None = None
    """The number of rows after the cut to evaluate; None: all."""

    exclude: ExcludeInStream = "none"
    """The same for every model and arm, so that they differ by what they know and not by what they may say."""

    session_gap_s: float | None = None
    """A session ends where its user does nothing for longer; 0: with the moment, a basket. None: a user is one."""

    refresh_every: int = 10_000
    """The number of events between refits."""

    window: int = 5_000
    """Events of one point in plots and one row in tables over time."""

    first_days: float | None = None
    """The days of data to fit on before the stream begins, in place of `share`."""

    period_days: float | None = None
    """Calendar periods, counted from the first row: refits at the start of each, in place of `refresh_every`, and one
    point in plots and one row in tables for each, in place of `window`."""

    every: int = 1
    """One of so many events is asked; all are learned."""

    arms: tuple[str, ...] | list[str] = ()
    """The names of the arms to run; none: all."""


class Stream:
    """Evaluates the rows `cut` to `end` of the data. No method uses later rows than the given one."""

    def __init__(self, data: Interactions, knobs: StreamKnobs) -> None:
        """Raises `InvalidInputError` for rows without times, and where the knobs leave nothing on one side."""
        _check(data, knobs)
        self.data, self.knobs = data, knobs
        self.cut = int(knobs.share * len(data))
        if knobs.first_days is not None:
            self.cut = int(np.searchsorted(data.at, data.at[0] + knobs.first_days * _DAY_S))
        self.end = len(data) if knobs.events is None else min(len(data), self.cut + knobs.events)
        if not 0 < self.cut < self.end:
            raise InvalidInputError("share", "rows before the cut and after it", f"{self.cut} of {len(data)}")
        self.rows = np.arange(self.cut, self.end, knobs.every)
        self.period = self._periods()
        by_user = np.argsort(data.user, kind="stable")
        self._items = data.item[by_user]
        self._place = np.empty(len(data), dtype=np.int64)
        self._place[by_user] = np.arange(len(data))
        self._starts = np.cumsum(data.user_counts()) - data.user_counts()
        self._cuts = self._starts + np.bincount(data.user[: self.cut], minlength=len(data.users))
        self._session_starts = _session_starts(data, by_user, knobs.session_gap_s)[self._place]

    def __len__(self) -> int:
        """The number of events to evaluate: the rows `rows`."""
        return len(self.rows)

    def _periods(self) -> Ints:
        """The calendar period of each row, [n]; without `period_days`, 0 before the cut and 1 after it."""
        days = self.knobs.period_days
        if days is None:
            return np.asarray(np.arange(len(self.data)) >= self.cut, np.int64)
        return np.asarray((self.data.at - self.data.at[0]) // (days * _DAY_S), np.int64)

    def begins_period(self, row: int) -> bool:
        """Whether a row after the cut is the first of its calendar period."""
        return bool(row > self.cut and self.period[row] != self.period[row - 1])

    def known_items(self) -> Flags:
        """Whether each event's item is in a row before its period or before the cut, whichever is later, [events]."""
        first = np.full(len(self.data.items), len(self.data))
        np.minimum.at(first, self.data.item, np.arange(len(self.data)))
        starts = np.maximum(np.searchsorted(self.period, self.period[self.rows]), self.cut)
        return np.asarray(first[self.data.item[self.rows]] < starts, bool)

    @property
    def protocol(self) -> str:
        """In words, for tables."""
        moment = f"{np.datetime64(int(self.data.at[self.cut]), 's')} UTC"
        return f"stream from {moment} ({self.cut:,} rows before, {len(self):,} asked), excluded: {self.knobs.exclude}"

    def before(self, row: int) -> Interactions:
        """All rows before this one, with the labels of the whole stream."""
        data = self.data
        return Interactions(data.user[:row], data.item[:row], data.at[:row], data.users, data.items)

    def context(self, row: int, *, live: bool) -> Ints:
        """The items of the row's user before it, oldest first; not live: only those before the cut."""
        user = self.data.user[row]
        return self._items[self._starts[user] : self._place[row] if live else self._cuts[user]]

    def excluded(self, row: int) -> Ints:
        """The excluded items at a row, according to the `exclude` knob."""
        place = self._place[row]
        firsts = {"history": self._starts[self.data.user[row]], "session": self._session_starts[row], "none": place}
        return self._items[firsts[self.knobs.exclude] : place]

    def within_sessions(self) -> Flags:
        """Whether each evaluated event has an earlier one in its session, [events]."""
        return np.asarray(self._place[self.rows] > self._session_starts[self.rows], bool)

    def digest(self) -> str:
        """The digest of all questions: models are compared only if it is equal."""
        about = f"{self.cut} {self.end} {self.knobs.exclude} {self.knobs.session_gap_s}"
        about += "" if self.knobs.every == 1 else f" {self.knobs.every}"
        digest = hashlib.sha256(about.encode())
        for column in (self.data.user, self.data.item):
            digest.update(column[: self.end].astype("<i8").tobytes())
        digest.update(self.data.at[: self.end].astype("<f8").tobytes())
        digest.update("\0".join(self.data.items).encode())
        return digest.hexdigest()


def _session_starts(data: Interactions, by_user: Ints, gap_s: float | None) -> Ints:
    """Where, among rows ordered by user and time, the session of each of these rows begins, [n]."""
    user, at = data.user[by_user], data.at[by_user]
    begins = np.ones(len(data), dtype=bool)
    begins[1:] = np.diff(user) != 0
    if gap_s is not None:
        begins[1:] |= np.diff(at) > gap_s
    return np.maximum.accumulate(np.where(begins, np.arange(len(data)), 0))


def _check(data: Interactions, knobs: StreamKnobs) -> None:
    check_choice("exclude", get_args(ExcludeInStream), knobs.exclude)
    if not data.timed:
        raise InvalidInputError("data", "rows with times", "an order only")
    if not 0 < knobs.share < 1:
        raise InvalidInputError("share", "a number above 0 and below 1", knobs.share)
    for name in ("events", "refresh_every", "window", "every"):
        value = getattr(knobs, name)
        if value is not None and value < 1:
            raise InvalidInputError(name, "at least 1", value)
    for name in ("first_days", "period_days"):
        value = getattr(knobs, name)
        if value is not None and not value > 0:
            raise InvalidInputError(name, "a number of days above 0", value)
    if knobs.session_gap_s is not None and not knobs.session_gap_s >= 0:
        raise InvalidInputError("session_gap_s", "a number of seconds from 0", knobs.session_gap_s)
