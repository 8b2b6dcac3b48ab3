"""Ranks of the target items among ALL items of the catalogue. Sampled ranking is not supported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Questions
from millstream.learning.interactions import Codes, Flags, Floats, Ints

TOP = 20
"""Items kept per answer."""

NOTHING = -1
"""Pads `Answers.top` if there are fewer items."""


class Scores(Protocol):
    """Any model that gives every item a score, [histories, items], higher is better."""

    def score(self, histories: Sequence[Ints]) -> Floats:
        """Scores of all items after each history (items, oldest first)."""


class LedTo(NamedTuple):
    """Distinct items and their nonzero scores, [found]."""

    items: Ints
    scores: Floats


@runtime_checkable
class SparseScores(Protocol):
    """A model that scores few items after a history and gives 0 to all others: it is ranked without a dense row."""

    @property
    def items(self) -> int:
        """Items of the catalogue."""

    def scores_of(self, history: Ints) -> LedTo:
        """The items with a score of their own."""


@runtime_checkable
class ReadsAttributes(Protocol):
    """A model whose scores depend on more than the history: on what is known of the user."""

    def score_with(self, histories: Sequence[Ints], attributes: Codes) -> Floats:
        """As `score`, which knows none of the attributes [histories, 8]."""


def scored(model: Scores, histories: Sequence[Ints], attributes: Codes) -> Floats:
    """The scores of all items after each history, with the attributes for models that read them."""
    if isinstance(model, ReadsAttributes):
        return model.score_with(histories, attributes)
    return model.score(histories)


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's answers to q questions with t targets.

    `rank` [t] of each target, from 1; infinite if it was excluded. `question` [t] is the index of its question, in
    ascending order; `target` [t] is the item. `top` [q, k] are the best items, best first, ties by index, padded with
    `NOTHING`. `user` [q] is the user of each question.
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
        """The answers to the questions where `mask` [q] is true, renumbered."""
        kept = mask[self.question]
        number = np.cumsum(mask) - 1
        return Answers(self.rank[kept], number[self.question[kept]], self.target[kept], self.top[mask], self.user[mask])


def answer(model: Scores, questions: Questions, top: int = TOP, batch: int = 128) -> Answers:
    """Answer all questions with a model, `batch` at a time: only one batch's scores of all items are in memory.

    Raises `InvalidInputError` if a score is not a number.
    """
    if isinstance(model, SparseScores):
        return _answer_sparsely(model, questions, top)
    ranks: list[Floats] = []
    tops: list[Ints] = []
    for part in questions.batches(batch):
        scores = without(scored(model, questions.histories[part], questions.attributes[part]), questions.excluded[part])
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


def _answer_sparsely(model: SparseScores, questions: Questions, top: int) -> Answers:
    owner, target = flattened(questions.targets)
    ranks: list[float] = []
    found = np.full((len(questions), top), NOTHING, np.int64)
    is_excluded = np.zeros(model.items, bool)
    asked = zip(questions.histories, questions.targets, questions.excluded, found, strict=True)
    for number, (history, targets, excluded, row) in enumerate(asked):
        items, scores = model.scores_of(history)
        if np.isnan(scores).any():
            raise InvalidInputError("scores", "numbers", f"NaN in row {number}")
        is_excluded[excluded] = True
        if len(excluded):
            allowed = ~is_excluded[items]
            items, scores = items[allowed], scores[allowed]
        others = model.items - int(np.count_nonzero(is_excluded)) - len(items)
        ranks += [np.inf if is_excluded[one] else _rank_among(items, scores, others, one) for one in targets.tolist()]
        best_items = _best_of(items, scores, is_excluded, top)
        row[: len(best_items)] = best_items
        is_excluded[excluded] = False
    return Answers(np.array(ranks, np.float64), owner, target, found, questions.user)


def _rank_among(items: Ints, scores: Floats, others: int, target: int) -> float:
    """As `ranks_among_all`; `others` items have a score of 0."""
    at = np.searchsorted(items, target)
    own = scores[at] if at < len(items) and items[at] == target else 0.0
    better = np.count_nonzero(scores > own) + (others if own < 0 else 0)
    equal = np.count_nonzero(scores == own) + (others if own == 0 else 0) - 1
    return float(1 + better + equal / 2)


def _best_of(items: Ints, scores: Floats, is_excluded: Flags, k: int) -> Ints:
    """As `best`, of one row: what has no score of its own comes after what is above 0, and before what is below."""
    if len(items) > k and (least := np.partition(scores, -k)[-k]) > 0:
        chosen = scores >= least
        items, scores = items[chosen], scores[chosen]
        return items[np.lexsort((items, -scores))[:k]]
    order = np.lexsort((items, -scores))
    above, below = order[scores[order] > 0], order[scores[order] < 0]
    missing = k - len(above)
    has_no_score = ~is_excluded
    has_no_score[items[scores != 0]] = False
    return np.concatenate((items[above], np.flatnonzero(has_no_score)[: max(0, missing)], items[below]))[:k]


def without(scores: Floats, excluded: Sequence[Ints]) -> Floats:
    """A copy of `scores` [b, n] with NaN, which compares false, for each row's excluded items."""
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

    Counting ties half gives a model with constant scores the middle rank, not the first.
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
    """The k best items of each row, [b, k], best first, ties by index, padded with `NOTHING`.

    Excluded items (NaN) and those with a score of minus infinity are left out. Which of several tied items get the last
    positions depends on numpy's selection, but is the same in every run.
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
    """Concatenate lists: the index of the list of each entry, and the entries."""
    lengths = np.array([len(entries) for entries in lists], dtype=np.int64)
    return np.repeat(np.arange(len(lists)), lengths), np.concatenate([np.empty(0, np.int64), *lists])
