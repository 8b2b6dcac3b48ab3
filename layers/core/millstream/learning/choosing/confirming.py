"""A second look at the best trials, on events that the search did not see: the best of many is partly the luckiest.

Confirmed are the best few trials and the baselines. The order of the models is that of the means over the questions of
both parts; and a model replaces a baseline only if it is better there by more than the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from millstream.learning.choosing.comparing import is_better
from millstream.learning.choosing.judge import Judge
from millstream.learning.choosing.trials import Outcome, Tried
from millstream.learning.interactions import Ints

MOST = 4
"""The best trials that are confirmed, beside the baselines."""


class Finalist(NamedTuple):
    """A trial on all validation questions."""

    tried: Tried
    is_baseline: bool = False


def confirm(finalists: Sequence[Finalist], judge: Judge) -> list[Finalist]:
    """The baselines and those that are better than the best of them, with the outcomes of both parts, best first."""
    best = sorted((one for one in finalists if not one.is_baseline), key=lambda one: -one.tried.outcome.mean)[:MOST]
    baselines = [one for one in finalists if one.is_baseline]
    both = [together for one in (*baselines, *best) if (together := _both(one, judge)) is not None]
    both.sort(key=lambda one: -one.tried.outcome.mean)
    best_baseline = next((one for one in both if one.is_baseline), None)
    if best_baseline is None:
        return both
    user = _users(judge)
    better = [one for one in both if is_better(one.tried, best_baseline.tried, user, judge.seed)]
    return [*better, *(one for one in both if one not in better and one.is_baseline)]


def _both(one: Finalist, judge: Judge) -> Finalist | None:
    trial, exclude = one.tried.trial, one.tried.exclude
    again = judge(trial, "confirm", exclude, part="confirmation")
    if again is None:
        return None
    first, second = one.tried.outcome, again.outcome
    outcome = Outcome(
        np.concatenate((first.values, second.values)),
        np.concatenate((first.hits, second.hits)),
        first.units + second.units,
    )
    return Finalist(Tried(trial, "both", exclude, outcome), one.is_baseline)


def _users(judge: Judge) -> Ints:
    """The user of each question of both parts."""
    parts = (judge.cuts.split(part, judge.cuts.usual).questions.user for part in ("validation", "confirmation"))
    return np.concatenate(list(parts))
