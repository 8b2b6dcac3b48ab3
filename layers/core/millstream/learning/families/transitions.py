"""Transitions between items in all users' histories, vectorised; see `domain.views.tastes.transitions`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import CONSUMED, LEARNED, REJECTED, EventKind
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.families.counts import coded
from millstream.learning.interactions import Flags, Floats, Interactions, Ints

_DAY_S = 86_400.0
_ROWS_AT_ONCE = 200_000
"""Events of whole users that are processed together: some 20 transitions of 24 bytes each."""


class Counting(NamedTuple):
    """How transitions are weighted; the fields are knobs of `CovisitationKnobs`."""

    reach: int
    decay: float
    gap_half_life_s: float | None = None
    half_life_days: float | None = None
    consumed_weight: float = 1.0

    @property
    def by_items_alone(self) -> bool:
        """Whether the order of the items decides, without times and kinds."""
        return self == Counting(self.reach, self.decay)


class Transitions(NamedTuple):
    """From the items `sources` to the items `targets`, with a weight each, [transitions]."""

    sources: Ints
    targets: Ints
    weights: Floats


def transitions(data: Interactions, counting: Counting) -> Iterator[Transitions]:
    """The heaviest transition of each user between each two items, some users at a time.

    So one user, whatever it sends, adds at most the weight of one step to a pair.

    An event gives a transition from each of the `reach` latest distinct items before it, each weighted `decay` times
    the one after it, to its own item, with the learning weight of its kind. An event on the newest of them gives none,
    and rejected items are left out until they are liked again. Looks back over `RECENT_EVENTS` events, as a user's row
    does. Raises InvalidInputError for half-lives if the data has no times.
    """
    by_user = np.argsort(data.user, kind="stable")
    user, item, kind, at = data.user[by_user], data.item[by_user], data.kind[by_user], data.at[by_user]
    learned = np.where(data.liked, learning_weights(data.kind), 0.0)[by_user]
    # Events without an opinion on their item take a place in the row all the same.
    says_nothing = (learned == 0) & ~np.isin(kind, _numbers(REJECTED))
    item = np.where(says_nothing, -1 - np.arange(len(item)), item)
    weight = learned * _factors(data, counting)[by_user]
    for start, end in _whole_users(user):
        part = slice(start, end)
        events = _Events(user[part], item[part], at[part], learned[part] > 0, weight[part])
        yield _heaviest(_of_users(events, counting))


class _Events(NamedTuple):
    """Rows of whole users, [rows] each; `learned` ones are in tails, and give transitions of their `weight`."""

    user: Ints
    item: Ints
    at: Floats
    learned: Flags
    weight: Floats


def _factors(data: Interactions, counting: Counting) -> Floats:
    """What each row's transitions count by its kind and its age before the newest row, [n]."""
    factors = np.ones(len(data))
    for name in ("gap_half_life_s", "half_life_days"):
        if getattr(counting, name) is not None and np.isnan(data.at).any():
            raise InvalidInputError(name, "null for data without times", getattr(counting, name))
    if counting.half_life_days is not None:
        factors *= _halved(data.at.max(initial=0.0) - data.at, counting.half_life_days * _DAY_S)
    factors[np.isin(data.kind, _numbers(CONSUMED))] *= counting.consumed_weight
    return factors


def _halved(seconds: Floats, half_life_s: float) -> Floats:
    return np.asarray(0.5 ** (seconds / half_life_s))


def _numbers(kinds: Iterable[EventKind]) -> list[int]:
    return [int(kind) for kind in kinds]


def learning_weights(kind: Ints) -> Floats:
    """The learning weight of each event; 0 for kinds that models do not learn from."""
    found = np.zeros(int(kind.max(initial=0)) + 1)
    for learned in LEARNED:
        if learned < len(found):
            found[learned] = learned.traits.learning
    return found[kind]


def _whole_users(user: Ints) -> Iterator[tuple[int, int]]:
    """The bounds of parts of about _ROWS_AT_ONCE rows that do not split a user."""
    start = 0
    while start < len(user):
        end = min(start + _ROWS_AT_ONCE, len(user))
        if end < len(user):
            end = int(np.searchsorted(user, user[end - 1], side="right"))
        yield start, end
        start = end


def _heaviest(found: Iterable[tuple[Ints, Transitions]]) -> Transitions:
    """The heaviest transition of each user between each two items."""
    none = np.empty(0, np.int64), Transitions(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    owners, steps = zip(none, *found, strict=True)
    sources, targets, weights = (np.concatenate(column) for column in zip(*steps, strict=True))
    owner = np.concatenate(owners)
    pair = coded(sources, targets)
    order = np.argsort(pair, kind="stable")
    # A number of two bytes is sorted in linear time, and most parts have fewer users.
    narrow = owner - owner.min(initial=0)
    narrow = narrow.astype(np.min_scalar_type(int(narrow.max(initial=0))))
    order = order[np.argsort(narrow[order], kind="stable")]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(owner[order]) != 0) | (np.diff(pair[order]) != 0)
    first = np.flatnonzero(is_first)
    heaviest = np.maximum.reduceat(weights[order], first) if len(first) else weights
    return Transitions(sources[order[first]], targets[order[first]], heaviest)


def _of_users(events: _Events, counting: Counting) -> Iterator[tuple[Ints, Transitions]]:
    """All transitions, each with its user."""
    user, item, at, learned, weight = events
    rows = len(user)
    again = next_on_the_same_item(user, item)
    first = np.searchsorted(user, user, side="left")
    shares = np.cumprod(np.concatenate(([1.0], np.full(counting.reach - 1, counting.decay))))
    row = np.flatnonzero(learned)
    rank = np.zeros(rows, np.int64)
    for distance in range(1, RECENT_EVENTS + 1):
        row = row[(row - distance >= first[row]) & (rank[row] < counting.reach)]
        if not len(row):
            return
        earlier = row - distance
        # The tail has the last event on each item. The event's own item takes a place in it, without a transition.
        in_tail = (again[earlier] >= row) & learned[earlier]
        own = in_tail & (again[earlier] == row)
        source, target = earlier[in_tail & ~own], row[in_tail & ~own]
        weights = weight[target] * shares[rank[target]]
        if counting.gap_half_life_s is not None:
            weights = weights * _halved(at[target] - at[source], counting.gap_half_life_s)
        counts = weights > 0
        source, target = source[counts], target[counts]
        yield user[target], Transitions(item[source], item[target], weights[counts])
        newest = own & (rank[row] == 0)
        rank[row[in_tail]] += 1
        row = row[~newest]


def next_on_the_same_item(user: Ints, item: Ints) -> Ints:
    """For each row, the next one of the same user and item, or a number beyond all rows; `user` ascends, [n]."""
    rows = len(user)
    order = np.lexsort((np.arange(rows), item, user))
    following = np.full(rows, rows + RECENT_EVENTS, np.int64)
    same = (user[order[1:]] == user[order[:-1]]) & (item[order[1:]] == item[order[:-1]])
    following[order[:-1][same]] = order[1:][same]
    return following
