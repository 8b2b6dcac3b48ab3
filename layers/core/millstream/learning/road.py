"""From training data to a servable model: prepare, fit, export, and evaluate as served.

The demo, `millstream models fit`, the lab and retraining all use these functions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from millstream.application.replay.progress import Progress
from millstream.domain.errors import InvalidInputError
from millstream.domain.models.cards import Cost, LogRange
from millstream.domain.slates.slate import SeenItems
from millstream.learning.evaluation.as_served import AsServed, answers_of, on_card
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers
from millstream.learning.export.folder import Exported
from millstream.learning.export.model import Servable, check_servable, export
from millstream.learning.export.origin import Origin
from millstream.learning.export.place import check_place, written_whole
from millstream.learning.families import fitting
from millstream.learning.families.contract import Recommender
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import Learned
from millstream.learning.stopwatch import Stopwatch
from millstream.scoring.onnx_scorer import OnnxScorer

NO_COST = Cost(0.0, 0.0)
_UNTRACED = Origin("", 0, NO_COST, 0, {})
"""Of a model that is evaluated and thrown away."""


@dataclass(frozen=True)
class Recipe:
    """The model to fit: `make` creates an unfitted model. Long trainings write to `checkpoints` to resume."""

    make: Callable[[], Recommender]
    seed: int = 0
    checkpoints: Path | None = None

    def fitted(self, train: Interactions) -> tuple[Servable, Cost]:
        """Fit a model; return it with its cost, including that of interrupted earlier processes."""
        model = self.make()
        cost = Cost(*fitting.fit(model, train, self.seed, self.checkpoints))
        return cast("Servable", model), cost


@dataclass(frozen=True)
class Data:
    """Training data, the id of the training set, and the part of the log that it came from, if any."""

    rows: Interactions
    training_set: str
    log: LogRange | None = None


@dataclass(frozen=True)
class Evaluated:
    """The answers of an exported model, as served, to the questions of a split.

    `request_ms` is the mean CPU time of a request, `served_bytes` the size of the folder.
    """

    split: Split
    answers: Answers
    request_ms: float
    served_bytes: int

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The metrics for a card."""
        return on_card(self.split, self.answers)


@dataclass(frozen=True)
class Fitted:
    """An exported model, with the evaluation and the cost on its card."""

    folder: Path
    version: str
    evaluated: Evaluated | None
    cost: Cost

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The metrics on the card; empty if the model was not evaluated."""
        return self.evaluated.metrics if self.evaluated else {}


def learnable(rows: Interactions) -> Interactions:
    """All rows of items with at least one positive event. Raises InvalidInputError if there are none."""
    liked = np.unique(rows.item[Learned().keeps(rows)])
    if not len(liked):
        raise InvalidInputError("events", "at least one event of a user who likes an item", "none")
    return rows.select(np.isin(rows.item, liked)).compacted()


def fit_model(
    data: Data,
    recipe: Recipe,
    split: Callable[[Interactions], Split],
    folder: Path,
    made_at_ms: int,
    progress: Progress,
    say: Callable[[str], None],
    exclude_seen: SeenItems | None = None,
) -> Fitted:
    """Fit a model on all rows and write it into `folder`, replacing a model there.

    Its card has the metrics of the same model, fitted on the training part of the split and evaluated as served; none,
    with a message by `say`, if the rows cannot be split. Raises InvalidInputError for a family that cannot be served,
    rows that cannot be fitted, and a folder with other contents.
    """
    check_servable(recipe.make())
    check_place(folder)
    rows = learnable(data.rows)
    if without := len(data.rows) - len(rows):
        say(f"Left out: {without:,} events on items without a positive event")
    evaluated = evaluate(rows, recipe, split, progress, say)
    origin = Origin(
        data.training_set, recipe.seed, NO_COST, made_at_ms, evaluated.metrics if evaluated else {}, data.log
    )
    return write_model(rows, recipe, evaluated, folder, origin, say, exclude_seen)


def write_model(
    rows: Interactions,
    recipe: Recipe,
    evaluated: Evaluated | None,
    folder: Path,
    origin: Origin,
    say: Callable[[str], None],
    exclude_seen: SeenItems | None = None,
) -> Fitted:
    """Fit on all rows and write the model into `folder`, replacing a model there; its cost is added to the origin."""
    say(f"Fitting on all {len(rows):,} events")
    model, cost = recipe.fitted(rows)
    with written_whole(folder) as written:
        exported = export(model, rows.items, written, replace(origin, cost=cost), exclude_seen)
    return Fitted(folder, exported.version, evaluated, cost)


def evaluate(
    rows: Interactions,
    recipe: Recipe,
    split: Callable[[Interactions], Split],
    progress: Progress,
    say: Callable[[str], None],
) -> Evaluated | None:
    """Fit on the training part of a split, export, and ask the exported model. None if the rows cannot be split."""
    try:
        parts = split(rows)
    except InvalidInputError as error:
        say(f"Not evaluated: the events cannot be split ({error})")
        return None
    say(f"Fitting on the {len(parts.train):,} events before the cut, to ask {len(parts.questions):,} questions")
    model, _ = recipe.fitted(parts.train)
    with tempfile.TemporaryDirectory(prefix="millstream-model-") as scratch:
        exported: Exported = export(model, parts.train.items, Path(scratch), _UNTRACED)
        served_bytes = sum(file.stat().st_size for file in exported.folder.iterdir())
        asked = AsServed(OnnxScorer.load(exported.folder, exported.version), parts.train.items)
        watch = Stopwatch()
        with progress("Asking", len(parts.questions)) as advance:
            answers = answers_of(asked, parts.questions, advance)
        return Evaluated(parts, answers, 1000 * watch.seconds().cpu / max(len(parts.questions), 1), served_bytes)
