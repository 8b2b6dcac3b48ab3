"""Fitting any model, from its checkpoints where it keeps some, and what that took."""

from __future__ import annotations

from pathlib import Path

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.models.contract import Recommender, Resumable
from millstream_tools.lab.stopwatch import Seconds, Stopwatch


def fit(model: Recommender, train: Interactions, seed: int, checkpoints: Path) -> Seconds:
    """Fit the model; what it took is told of all processes that had a part in it, those that were killed too."""
    watch = Stopwatch()
    if isinstance(model, Resumable):
        model.keep_in(checkpoints)
    model.fit(train, seed)
    own = watch.seconds()
    return own.plus(model.spent_before) if isinstance(model, Resumable) else own
