"""Small interactions and answers, written down as people say them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from millstream.learning.evaluation.questions import Questions
from millstream.learning.evaluation.ranking import Answers, flattened
from millstream.learning.interactions import Interactions, Ints


def ints(*numbers: int) -> Ints:
    """An array of these."""
    return np.array(numbers, dtype=np.int64)


def interactions(*rows: tuple[str, str] | tuple[str, str, float]) -> Interactions:
    """Rows of user, item and perhaps time; labels in order of first appearance."""
    users = list(dict.fromkeys(row[0] for row in rows))
    items = list(dict.fromkeys(row[1] for row in rows))
    times = [row[2] if len(row) == 3 else float("nan") for row in rows]
    return Interactions(
        ints(*(users.index(row[0]) for row in rows)),
        ints(*(items.index(row[1]) for row in rows)),
        np.array(times, dtype=np.float64),
        users,
        items,
    )


def rows_of(data: Interactions) -> list[tuple[str, str]]:
    """User and item of each row, as labels."""
    return [(data.users[u], data.items[i]) for u, i in zip(data.user, data.item, strict=True)]


def questions(histories: Sequence[Ints], targets: Sequence[Ints], excluded: Sequence[Ints] | None = None) -> Questions:
    """Questions of users 0, 1, 2..."""
    return Questions(np.arange(len(histories)), histories, targets, excluded or [ints()] * len(histories))


def ranked(*ranks: Sequence[float], top: Sequence[Ints] | None = None) -> Answers:
    """Answers with the ranks of each question's targets; the targets are items 0, 1, 2... of their question."""
    owner, _ = flattened([np.arange(len(of_question)) for of_question in ranks])
    target = np.concatenate([np.empty(0, np.int64), *(np.arange(len(of_question)) for of_question in ranks)])
    shown = np.array(top if top is not None else np.zeros((len(ranks), 0)), dtype=np.int64)
    return Answers(
        np.array([rank for of_question in ranks for rank in of_question], float),
        owner,
        target,
        shown,
        np.arange(len(ranks)),
    )
