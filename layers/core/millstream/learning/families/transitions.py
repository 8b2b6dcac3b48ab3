"""Transitions between items in all users' histories, vectorised; see `domain.views.tastes.transitions`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from millstream.domain.log.kinds import LEARNED, REJECTED
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.families.counts import coded
from millstream.learning.interactions import Floats, Interactions, Ints

_ROWS_AT_ONCE = 200_000
"""Events of whole users that are processed together: some 20 transitions of 24 bytes each."""


class Transitions(NamedTuple):
    """From the items `sources` to the items `targets`, with a weight each, [transitions]."""

    sources: Ints
    targets: Ints
    weights: Floats


def transitions(data: Interactions, reach: int, decay: float) -> Iterator[Transitions]:
    """The heaviest transition of each user between each two items, some users at a time.

    So one user, whatever it sends, adds at most the weight of one step to a pair.

    An event gives a transition from each of the `reach` latest distinct items before it, each weighted `decay` times
    the one after it, to its own item, with the learning weight of its kind. An event on the newest of them gives none,
    and rejected items are left out until they are liked again. Looks back over `RECENT_EVENTS` events, as a user's row
    does.
    """
    by_user = np.argsort(data.user, kind="stable")
    user, item, kind = data.user[by_user], data.item[by_user], data.kind[by_user]
    weight = np.where(data.liked, learning_weights(data.kind), 0.0)[by_user]
    # Events without an opinion on their item take a place in the row all the same.
    says_nothing = (weight == 0) & ~np.isin(kind, [int(rejected) for rejected in REJECTED])
    item = np.where(says_nothing, -1 - np.arange(len(item)), item)
    for start, end in _whole_users(user):
        yield _heaviest(_of_users(user[start:end], item[start:end], weight[start:end], reach, decay))


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
    order = np.lexsort((-weights, pair, owner))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(owner[order]) != 0) | (np.diff(pair[order]) != 0)
    heaviest = order[is_first]
    return Transitions(sources[heaviest], targets[heaviest], weights[heaviest])


def _of_users(user: Ints, item: Ints, weight: Floats, reach: int, decay: float) -> Iterator[tuple[Ints, Transitions]]:
    """All transitions, each with its user."""
    rows = len(user)
    again = next_on_the_same_item(user, item)
    first = np.searchsorted(user, user, side="left")
    shares = np.cumprod(np.concatenate(([1.0], np.full(reach - 1, decay))))
    row, learned = np.flatnonzero(weight > 0), weight > 0
    rank = np.zeros(rows, np.int64)
    for distance in range(1, RECENT_EVENTS + 1):
        row = row[(row - distance >= first[row]) & (rank[row] < reach)]
        if not len(row):
            return
        earlier = row - distance
        # The tail has the last event on each item. The event's own item takes a place in it, without a transition.
        in_tail = (again[earlier] >= row) & learned[earlier]
        own = in_tail & (again[earlier] == row)
        source, target = earlier[in_tail & ~own], row[in_tail & ~own]
        yield user[target], Transitions(item[source], item[target], weight[target] * shares[rank[target]])
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
