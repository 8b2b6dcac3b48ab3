"""The questions on which models are chosen, and those on which the chosen one is tested once.

Events with times are cut in time: models are chosen on the events between three and four fifths, fitted on those
before; the best are confirmed on the fifth before that; the last fifth is the test. Events of which only the order is
known are cut by leave-one-out: the test is each user's last item, the validation the one before it, the confirmation
the third from the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.leave_one_out import Part, leave_one_out
from millstream.learning.evaluation.next_items import QUESTIONS as SHOWN
from millstream.learning.evaluation.next_items import SHARE, next_items_split
from millstream.learning.evaluation.questions import Exclude, Questions, Split
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.interactions import Interactions

BOUNDS: Mapping[Part, tuple[float, float]] = {
    "confirmation": (0.4, 0.6),
    "validation": (0.6, SHARE),
    "test": (SHARE, 1.0),
}
"""The shares of the events between which the questions of a part are."""

FEWEST_QUESTIONS = 50
"""Below, a figure means nothing: the standard error of a hit rate of 0.1 is 0.04 at 50 questions."""

QUESTIONS = 10_000
"""The largest number of questions on which models are chosen."""

OF_ONE_USER = 0.05
"""The largest share of the questions that one user has, or ten questions if that is more."""

IN_TIME: tuple[ExcludeInTime, ...] = ("session", "purchased", "all", "none")
IN_ORDER: tuple[ExcludeInTime, ...] = ("history", "none")
"""What a slate may exclude, by what the data can tell; the first is the default."""


class Cuts:
    """The validation and the test questions of some events. Each split is made when it is first needed."""

    def __init__(self, rows: Interactions, exclusions: Sequence[ExcludeInTime] = ()) -> None:
        """`rows` as from `road.learnable`. `exclusions` are what slates may exclude, if that is not to be chosen."""
        self.rows = rows
        self._splits: dict[tuple[Part, ExcludeInTime], Split] = {}
        self.exclusions = tuple(exclusions) or (IN_TIME if rows.timed else IN_ORDER)

    @property
    def usual(self) -> ExcludeInTime:
        """What slates exclude by default."""
        return self.exclusions[0]

    @cached_property
    def why_not(self) -> str | None:
        """Why models cannot be compared on these events; None if they can."""
        try:
            for part in BOUNDS:
                self.split(part, self.usual)
        except InvalidInputError as error:
            return f"the events cannot be divided into parts to fit on and parts to ask about: {error}"
        return None

    def split(self, part: Part, exclude: ExcludeInTime) -> Split:
        """The split of a part. Raises InvalidInputError if the events cannot be cut, or give too few questions."""
        key = part, exclude
        if key not in self._splits:
            self._splits[key] = _bounded(self._made(part, exclude), None if part == "test" else QUESTIONS)
        return self._splits[key]

    def _made(self, part: Part, exclude: ExcludeInTime) -> Split:
        if not self.rows.timed:
            of_order: Exclude = "none" if exclude == "none" else "history"
            liked = self.rows.select(self.rows.liked)
            return leave_one_out(liked, part, fit_on_validation=False, exclude=of_order)
        return next_items_split(self.rows, exclude, *BOUNDS[part], most=SHOWN if part == "test" else QUESTIONS)


def _bounded(split: Split, at_most: int | None) -> Split:
    """The split, with a bounded number of questions, also of each user, all of users with a history.

    Users without a history get the trending items, whatever the model. Raises InvalidInputError for too few questions.
    """
    known = np.array([len(history) > 0 for history in split.questions.histories], bool)
    split = replace(split, protocol=f"{split.protocol}, users with a history", questions=split.questions.select(known))
    if at_most is not None:
        split = replace(split, questions=split.questions.select(sample(split.questions, at_most)))
    asked = split.questions
    most = max(10, int(OF_ONE_USER * len(asked)))
    order = np.argsort(asked.user, kind="stable")
    rank = np.arange(len(asked)) - np.searchsorted(asked.user[order], asked.user[order])
    count = np.bincount(asked.user)[asked.user[order]]
    # Spread over the user's questions, not the first ones.
    kept = np.zeros(len(asked), bool)
    kept[order] = (rank * most) // count != ((rank - 1) * most) // count
    kept[order[(count <= most) | (rank == 0)]] = True
    bounded = split if kept.all() else replace(split, questions=asked.select(kept))
    if len(bounded.questions) < FEWEST_QUESTIONS:
        raise InvalidInputError(
            "events", f"at least {FEWEST_QUESTIONS} questions for a comparison", f"{len(bounded.questions)}"
        )
    return bounded


def sample(questions: Questions, most: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which questions are in a sample of about `most`, spread evenly; a smaller sample is part of a larger one."""
    stride = 1
    while -(-len(questions) // stride) > most:
        stride *= 2
    mask = np.zeros(len(questions), bool)
    mask[::stride] = True
    return mask
