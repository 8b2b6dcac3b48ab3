"""The evaluation of a shop's model: predict the next items in the last fifth of the events."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.time_split import ExcludeInTime, Seen, time_split
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import AccidentalClicks, Learned

SHARE = 0.8
"""The fraction of events in the training part; the rest are for evaluation."""

QUESTIONS = 5_000
"""The usual number of questions, spread evenly: a standard error of 0.006 for seconds of work."""

STEPS = AccidentalClicks(repeat_s=1e12, dwell_s=0.0)
"""Regardless of the pause: a view that becomes a purchase is no transition to another item, so it is no question."""


def next_items_split(
    data: Interactions,
    exclude: ExcludeInTime = "session",
    share: float = SHARE,
    until: float = 1.0,
    most: int = QUESTIONS,
) -> Split:
    """The time split at `share`; the training part has all events before the cut.

    By default the items of the session are excluded, as in a request. Events from `until` on are not used. There
    are about `most` questions.

    Raises InvalidInputError if the events have no times, or are too few to give both parts.
    """
    if not data.timed:
        raise InvalidInputError("at", "events with times", f"{len(data)} without")
    is_liked = Learned().keeps(data)
    liked = data.select(is_liked)
    is_step = STEPS.keeps(liked)
    steps = liked.select(is_step)
    every = max(1, ceil(len(steps) * (until - share) / most))
    # Exclusions also see what was rejected or passed, which no model learns from.
    seen = Seen(data, np.flatnonzero(is_liked)[is_step])
    split = time_split(steps, share, until=until, exclude=exclude, every=every, seen=seen)
    cut = steps.at[len(split.train)]
    earlier = data.select(np.arange(len(data)) < np.searchsorted(data.at, cut))
    return replace(split, train=earlier, protocol=f"{split.protocol}, no step from an item to itself")
