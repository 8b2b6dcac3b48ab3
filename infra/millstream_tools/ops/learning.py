"""Training sets of a stack's log, and publication of models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from millstream.adapters.local.fold_code import fold_code
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.completeness import Hole
from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.application.models import promote_model, publish_model
from millstream.application.ports import ModelStore
from millstream.application.replay.progress import Progress
from millstream.domain.log.positions import Position
from millstream.learning.from_log import read_history
from millstream.learning.training_set import TrainingSet, training_set_of
from millstream.scoring.publishable import publishable
from millstream.scoring.stored_models import check_stored
from millstream_tools.ops.stack import Stack


def training_set(
    stack: Stack, until: int | Position | None, progress: Progress, on_loss: Callable[[Hole], object]
) -> TrainingSet:
    """The training set of a stack's log, up to a time in milliseconds, a position, or its end.

    `on_loss` is called once with each hole in the log, which the training set is without. Raises NotFoundError for a
    position that is not in the log, InvalidRecordError if its record is unreadable, UnavailableError.
    """
    told: set[Hole] = set()

    def tell_once(hole: Hole) -> None:  # the log is read twice
        if hole not in told:
            told.add(hole)
            on_loss(hole)

    log = WholeLog(stack.archive(), stack.log_reader(), tell_once)
    stored = log.stored_bytes()
    with progress("Finding the range", stored) as advance:
        range_ = as_of(log, until, advance)
    with progress("Reading the events", stored) as advance:
        return training_set_of(read_history(range_.records(advance)), fold_code())


def publish(models: ModelStore, folder: Path, *, promote: bool) -> None:
    """Publish a model folder and optionally promote it, unless that is done."""
    clock = SystemClock()
    model = publishable(folder, clock.now_ms())
    publish_model(models, model, folder, check_stored)
    if promote:
        promote_model(models, clock, check_stored, model.version)
