"""Where the right items stand among ALL items of the catalogue. There is no way here to rank a sample of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Questions
from millstream.learning.interactions import Flags, Floats, Ints

TOP = 20
"""Items of each answer that are kept."""

NOTHING = -1
"""Fills up `Answers.top` where fewer items may be answered."""


class Scores(Protocol):
    """Any model that gives every item a score, [histories, items], higher is better."""

    def score(self, histories: Sequence[Ints]) -> Floats:
        """Scores of all items after each history (items, oldest first)."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's answers to q questions with t targets.

    `rank` [t] of each target, from 1; infinite where it was excluded. `question` [t] says whose target it is and
    ascends; `target` [t] is the item. `top` [q, k] are the best items, best first, equal ones by index, then `NOTHING`.
    `user` [q] says whose question it is.
    """

    rank: Floats
    question: Ints
    target: Ints
    top: Ints
    user: Ints

    def __len__(self) -> int:
        """Questions."""
        return len(self.top)

    def select(self, mask: Flags) -> Answers:
        """The answers to the questions where `mask` [q] is true, numbered anew."""
        kept = mask[self.question]
        number = np.cumsum(mask) - 1
        return Answers(self.rank[kept], number[self.question[kept]], self.target[kept], self.top[mask], self.user[mask])


def answer(model: Scores, questions: Questions, top: int = TOP, batch: int = 128) -> Answers:
    """Ask a model, `batch` questions at a time: one batch's scores of all items are in memory at once.

    Raises `InvalidInputError` where a score is not a number.
    """
    ranks: list[Floats] = []
    tops: list[Ints] = []
    for part in questions.batches(batch):
        scores = without(model.score(questions.histories[part]), questions.excluded[part])
        rows, targets = flattened(questions.targets[part])
        ranks.append(ranks_among_all(scores, rows, targets))
        tops.append(best(scores, top))
    owner, target = flattened(questions.targets)
    return Answers(
        rank=np.concatenate([np.empty(0), *ranks]),
        question=owner,
        target=target,
        top=np.concatenate([np.empty((0, top), np.int64), *tops]),
        user=questions.user,
    )


def without(scores: Floats, excluded: Sequence[Ints]) -> Floats:
    """A copy of `scores` [b, n] with NaN, which compares with nothing, in place of each row's excluded items."""
    if scores.ndim != 2 or len(scores) != len(excluded):
        raise InvalidInputError("scores", f"a row of all items for each of {len(excluded)} histories", scores.shape)
    if np.isnan(scores.min(initial=np.inf)):  # NaN where any score is, without a copy of all
        raise InvalidInputError("scores", "numbers", f"NaN in row {int(np.isnan(scores).any(axis=1).argmax())}")
    kept = np.array(scores, dtype=np.float64)
    rows, items = flattened(excluded)
    kept[rows, items] = np.nan
    return kept


def ranks_among_all(scores: Floats, rows: Ints, targets: Ints) -> Floats:
    """1 + the items with a higher score + half of the others with the same score, [t]; NaN marks excluded items.

    Counting ties half gives a model that scores everything alike the middle of the catalogue, not the first place.
    """
    rank = np.full(len(targets), np.inf)
    for place, (row, target) in enumerate(zip(rows, targets, strict=True)):
        own = scores[row, target]
        if not np.isnan(own):
            better = np.count_nonzero(scores[row] > own)
            equal = np.count_nonzero(scores[row] == own) - 1
            rank[place] = 1 + better + equal / 2
    return rank


def best(scores: Floats, k: int) -> Ints:
    """The k best items of each row, [b, k], best first, equal ones by index; `NOTHING` where fewer are left.

    Excluded items (NaN) and those with a score of minus infinity are never answered. Which of several equal items
    stand on the last places is up to numpy's selection, but the same in every run.
    """
    rows, items = scores.shape
    able = np.where(np.isnan(scores), -np.inf, scores)
    width = min(k, items)
    place = items - width
    chosen = np.sort(np.argpartition(able, min(place, items - 1), axis=1)[:, place:], axis=1)
    values = np.take_along_axis(able, chosen, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    chosen, values = np.take_along_axis(chosen, order, axis=1), np.take_along_axis(values, order, axis=1)
    found = np.full((rows, k), NOTHING, dtype=np.int64)
    found[:, :width] = np.where(values > -np.inf, chosen, NOTHING)
    return found


def flattened(lists: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Lists one after the other: the number of the list that each entry comes from, and the entries."""
    lengths = np.array([len(entries) for entries in lists], dtype=np.int64)
    return np.repeat(np.arange(len(lists)), lengths), np.concatenate([np.empty(0, np.int64), *lists])
