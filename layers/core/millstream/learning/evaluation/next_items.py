"""What a shop's model is asked: of the last fifth of the events, what came next?"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.time_split import ExcludeInTime, time_split
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import AccidentalClicks, Learned

SHARE = 0.8
"""Of the events is fitted on; the rest is asked for."""

QUESTIONS = 5_000
"""At most, evenly over what is asked for: a standard error of 0.006 for seconds of work."""

STEPS = AccidentalClicks(repeat_s=1e12, dwell_s=0.0)
"""However late it comes: a view that becomes a purchase is no step to another item, so nobody is asked for it."""


def next_items_split(data: Interactions, exclude: ExcludeInTime = "none") -> Split:
    """The time split at SHARE; what is fitted on holds all events before the cut.

    Raises InvalidInputError where the events are too few or have no times, so that one side of the cut would be empty.
    """
    if not data.timed:
        raise InvalidInputError("at", "events with times", f"{len(data)} without")
    liked = data.select(Learned().keeps(data))
    steps = liked.select(STEPS.keeps(liked))
    split = time_split(steps, SHARE, exclude=exclude, every=max(1, ceil(len(steps) * (1 - SHARE) / QUESTIONS)))
    cut = steps.at[len(split.train)]
    earlier = data.select(np.arange(len(data)) < np.searchsorted(data.at, cut))
    return replace(split, train=earlier, protocol=f"{split.protocol}, no step from an item to itself")
