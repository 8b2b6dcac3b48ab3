"""Leave-one-out: each user's last item is the test, the one before it the validation, as in the sequential literature.

The third from the end, the confirmation, is for a second look at few models that were chosen on the validation.

W.-C. Kang, J. McAuley, "Self-attentive sequential recommendation", ICDM 2018; but every item is ranked, not a sample:
W. Krichene, S. Rendle, "On sampled metrics for item recommendation", KDD 2020.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Exclude, Questions, Split, check_choice
from millstream.learning.interactions import Interactions, Ints

Part = Literal["confirmation", "validation", "test"]

_LEFT_OUT: dict[Part, int] = {"confirmation": 3, "validation": 2, "test": 1}


def leave_one_out(
    data: Interactions, part: Part = "test", *, fit_on_validation: bool = True, exclude: Exclude = "history"
) -> Split:
    """Ask each user with three or more rows for the left-out item after all that came before it.

    For the test, `train` has all but the last row of these users (`fit_on_validation`), or all but the last two, as
    papers that stop training on the validation item do: say which beside a figure. For the validation it always lacks
    both, for the confirmation the last three. Users with fewer rows are only in `train`. Raises `InvalidInputError`
    where no user has enough rows, and for words that are no choice.
    """
    check_choice("part", get_args(Part), part)
    check_choice("exclude", get_args(Exclude), exclude)
    from_end = _from_end(data)
    left_out = _LEFT_OUT[part]
    asked = data.user_counts() >= max(3, left_out + 1)
    if not asked.any():
        raise InvalidInputError(
            "data", "a user with three or more rows", f"at most {data.user_counts().max(initial=0)}"
        )
    hidden = 1 if part == "test" and fit_on_validation else max(2, left_out)
    train = data.select((from_end >= hidden) | ~asked[data.user])
    histories = data.histories()
    users = np.flatnonzero(asked)
    shown = [histories[int(user)][:-left_out] for user in users]
    targets = np.flatnonzero((from_end == left_out - 1) & asked[data.user])
    return Split(
        protocol=f"leave-one-out {part}, fit on [:-{hidden}], {_words(exclude)}",
        train=train,
        questions=Questions(
            user=users.astype(np.int64),
            histories=shown,
            targets=[histories[int(user)][-left_out:][:1] for user in users],
            excluded=shown if exclude == "history" else [np.empty(0, np.int64)] * len(users),
            attributes=data.attributes[targets[np.argsort(data.user[targets])]],
        ),
    )


def _from_end(data: Interactions) -> Ints:
    """How many rows of the same user come after each row, [n]."""
    by_user = np.argsort(data.user, kind="stable")
    ends = np.cumsum(data.user_counts())
    after = np.empty(len(data), dtype=np.int64)
    after[by_user] = ends[data.user[by_user]] - 1 - np.arange(len(data))
    return after


def _words(exclude: Exclude) -> str:
    return "history excluded" if exclude == "history" else "nothing excluded"
