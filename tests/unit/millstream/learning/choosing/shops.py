"""Made-up shops of different habits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from millstream.domain.log.kinds import EventKind
from millstream.learning.interactions import Interactions

DAY_S = 86_400.0


def shop(
    rows: Sequence[tuple[int, int, float]], kind: int = EventKind.ItemViewed, value: float = np.nan
) -> Interactions:
    """Events (user, item, time in seconds) of one kind, in order of time."""
    user, item, at = (np.array(column) for column in zip(*sorted(rows, key=lambda row: row[2]), strict=True))
    users, items = (
        tuple(f"{what}-{n}" for n in range(int(max(codes, default=0)) + 1))
        for what, codes in (("u", user), ("i", item))
    )
    return Interactions(
        user.astype(np.int64),
        item.astype(np.int64),
        at.astype(np.float64),
        users,
        items,
        np.full(len(user), int(kind)),
        np.full(len(user), value),
    )


def chains(users: int = 160, length: int = 6, items: int = 40, again: float = 0.0, seed: int = 1) -> Interactions:
    """Users who start anywhere and mostly go to the next item; with the chance `again`, back to an earlier one.

    A user's events are half a minute apart, and users come one after the other.
    """
    draw = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        history = [int(draw.integers(items))]
        while len(history) < length:
            onwards = (history[-1] + 1) % items if draw.random() < 0.8 else int(draw.integers(items))
            back = history[int(draw.integers(len(history)))]
            history.append(back if draw.random() < again else onwards)
        rows += [(user, item, user * DAY_S / 8 + 30.0 * place) for place, item in enumerate(history)]
    return shop(rows)
