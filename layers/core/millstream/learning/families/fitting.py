"""Fitting with checkpoints, and its cost."""

from __future__ import annotations

from pathlib import Path

from millstream.learning.families.contract import Recommender, Resumable, rows_for
from millstream.learning.interactions import Interactions
from millstream.learning.stopwatch import Seconds, Stopwatch


def fit(model: Recommender, train: Interactions, seed: int, checkpoints: Path | None = None) -> Seconds:
    """Fit the model; return the time spent, including that of interrupted earlier processes."""
    watch = Stopwatch()
    if checkpoints is not None and isinstance(model, Resumable):
        model.keep_in(checkpoints)
    model.fit(rows_for(model, train), seed)
    own = watch.seconds()
    return own.plus(model.spent_before) if isinstance(model, Resumable) else own
