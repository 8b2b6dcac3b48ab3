"""What a shop's events look like: the figures with which a report begins, and that decide what is tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from millstream.domain.views.user_state import SESSION_GAP_S
from millstream.learning.interactions import Flags, Interactions, Ints

FIFTHS = 5
POPULAR = 100
HEAVY_USER = 0.2
"""The share of all events from which on one user is named in the report."""

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Shop:
    """Figures of the positive events. Shares are fractions; NaN-free: a share of nothing is 0.

    A step is an event of a user after an earlier one. `repeats` is the share of steps to an item that the user had
    before, `repeats_in_session` within the same session, `repeats_at_once` to the very item before. `new_items` and
    `new_users` are shares of the last fifth of the events. `stays_popular` is the share of the last fifth that is about
    the 100 most popular items of the first fifth, `is_popular` about those of the fifth before: the drift between them.
    `attributes` is, for each attribute by its number, the share of the events with a known value, 0 if all have one
    value; empty if nothing is known.
    """

    events: int
    users: int
    items: int
    days: float | None
    steps: int
    median_history: float
    users_with_one_event: float
    heaviest_user: float
    repeats: float
    repeats_in_session: float
    repeats_at_once: float
    new_items: float
    new_users: float
    stays_popular: float
    is_popular: float
    attributes: tuple[float, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """The figures in sentences."""
        span = "" if self.days is None else f" in {self.days:,.1f} days"
        yield f"{self.events:,} events of {self.users:,} users on {self.items:,} items{span}"
        yield (
            f"a user has {self.median_history:g} events (median), {self.users_with_one_event:.0%} have one; "
            f"{self.steps:,} events follow an earlier one of their user"
        )
        for number, share in enumerate(self.attributes, 1):
            if share:
                yield f"{share:.0%} of the events have a known value of attribute {number}"
        if self.heaviest_user >= HEAVY_USER:
            yield f"one user sent {self.heaviest_user:.0%} of all events: what one user adds to a model is bounded"
        yield (
            f"{self.repeats:.0%} of these are about an item that the user had before, {self.repeats_in_session:.0%} in "
            f"the same session, {self.repeats_at_once:.0%} the very item before"
        )
        if self.days is None:
            return
        yield (
            f"of the last fifth of the events, {self.new_items:.0%} are about new items, {self.new_users:.0%} by new "
            f"users; {self.is_popular:.0%} are about the {POPULAR} most popular items of the fifth before, "
            f"{self.stays_popular:.0%} about those of the first fifth"
        )


def measured(data: Interactions) -> Shop:
    """The figures of the positive events of `data`, in order of time."""
    rows = data.select(data.liked).compacted()
    counts = rows.user_counts()
    step, past, in_session, at_once = _repeats(rows)
    first, *_, before, last = _fifths(rows)
    earlier = rows.select(np.arange(len(rows)) < len(rows) - len(last))
    return Shop(
        events=len(rows),
        users=len(rows.users),
        items=len(rows.items),
        days=float(rows.at[-1] - rows.at[0]) / _DAY_S if rows.timed else None,
        steps=int(step.sum()),
        median_history=float(np.median(counts)) if len(counts) else 0.0,
        users_with_one_event=_mean(counts == 1),
        heaviest_user=float(counts.max(initial=0)) / max(len(rows), 1),
        repeats=_mean(past[step]),
        repeats_in_session=_mean(in_session[step]),
        repeats_at_once=_mean(at_once[step]),
        new_items=_mean(earlier.item_counts()[last.item] == 0),
        new_users=_mean(earlier.user_counts()[last.user] == 0),
        stays_popular=_mean(np.isin(last.item, _popular(first))),
        is_popular=_mean(np.isin(last.item, _popular(before))),
        attributes=_known(rows),
    )


def _known(rows: Interactions) -> tuple[float, ...]:
    known = [column[column > 0] for column in rows.attributes.T]
    shares = tuple(len(column) / len(rows) if len(np.unique(column)) > 1 else 0.0 for column in known)
    return shares if any(shares) else ()


def _repeats(rows: Interactions) -> tuple[Flags, Flags, Flags, Flags]:
    """For each row: whether it is a step, and one to an item of the past, of the session, the item before."""
    by_user = np.argsort(rows.user, kind="stable")
    user, item, at = rows.user[by_user], rows.item[by_user], rows.at[by_user]
    is_step = np.zeros(len(rows), bool)
    is_step[1:] = user[1:] == user[:-1]
    pause = np.zeros(len(rows))
    pause[1:] = np.where(is_step[1:], at[1:] - at[:-1], np.inf)
    visit = np.cumsum(~is_step | (pause >= SESSION_GAP_S))
    at_once = np.zeros(len(rows), bool)
    at_once[1:] = is_step[1:] & (item[1:] == item[:-1])
    return is_step, _again(user, item), _again(np.asarray(visit, np.int64), item), at_once


def _again(owner: Ints, item: Ints) -> Flags:
    """Whether a row's item was in an earlier row of the same owner."""
    _, first = np.unique(np.stack([owner, item]), axis=1, return_index=True)
    again = np.ones(len(item), bool)
    again[first] = False
    return again


def _fifths(rows: Interactions) -> list[Interactions]:
    bounds = np.linspace(0, len(rows), FIFTHS + 1).astype(int)
    place = np.arange(len(rows))
    return [rows.select((place >= start) & (place < end)) for start, end in pairwise(bounds.tolist())]


def _popular(rows: Interactions) -> Ints:
    counts = rows.item_counts()
    best = np.argsort(-counts, kind="stable")[:POPULAR]
    return np.asarray(best[counts[best] > 0], np.int64)


def _mean(flags: Flags | Iterable[bool]) -> float:
    found = np.asarray(flags, bool)
    return float(found.mean()) if len(found) else 0.0
