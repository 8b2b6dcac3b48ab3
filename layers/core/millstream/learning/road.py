"""The road to a served model: a training set is prepared, fitted, exported, and asked as it serves.

The demo, `millstream models fit`, the lab and a retraining take it.
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
from millstream.learning.evaluation.as_served import AsServed, answers_of, on_card
from millstream.learning.evaluation.questions import Split
from millstream.learning.export.folder import Exported
from millstream.learning.export.model import Servable, check_servable, export
from millstream.learning.export.origin import Origin
from millstream.learning.export.place import check_place, written_whole
from millstream.learning.families import fitting
from millstream.learning.families.contract import Recommender
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import Learned
from millstream.scoring.onnx_scorer import OnnxScorer


@dataclass(frozen=True)
class Recipe:
    """What is fitted: `make` gives a model that is not fitted. Long trainings are kept in `checkpoints`, to go on."""

    make: Callable[[], Recommender]
    seed: int = 0
    checkpoints: Path | None = None

    def fitted(self, train: Interactions) -> tuple[Servable, Cost]:
        """A fitted model, and what fitting it took, in all processes that had a part in it."""
        model = self.make()
        cost = Cost(*fitting.fit(model, train, self.seed, self.checkpoints))
        return cast("Servable", model), cost


@dataclass(frozen=True)
class Data:
    """What a model is fitted on, the id of its training set, and the part of the log that it came from, if any."""

    rows: Interactions
    training_set: str
    log: LogRange | None = None


@dataclass(frozen=True)
class Fitted:
    """A model that may be published, and what its card says of it."""

    folder: Path
    version: str
    metrics: dict[str, dict[str, float]]
    cost: Cost


def learnable(rows: Interactions) -> Interactions:
    """The rows on items that somebody liked, rejections among them. Raises InvalidInputError where there are none."""
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
) -> Fitted:
    """Write a model that was fitted on all rows into `folder`, in place of a model there.

    Its card has the metrics of the same model fitted on the training part of the split, and asked the split's
    questions as it is served; none where the rows cannot be split, which is said. Raises InvalidInputError for a
    family that cannot be served, rows that cannot be fitted, and a folder with anything else in it.
    """
    check_servable(recipe.make())
    check_place(folder)
    rows = learnable(data.rows)
    origin = Origin(data.training_set, recipe.seed, Cost(0.0, 0.0), made_at_ms, {}, data.log)
    metrics = _metrics(rows, recipe, split, origin, progress, say)
    say(f"Fits on all {len(rows):,} events, to serve")
    model, cost = recipe.fitted(rows)
    with written_whole(folder) as written:
        exported = export(model, rows.items, written, replace(origin, cost=cost, metrics=metrics))
    return Fitted(folder, exported.version, metrics, cost)


def _metrics(
    rows: Interactions,
    recipe: Recipe,
    split: Callable[[Interactions], Split],
    origin: Origin,
    progress: Progress,
    say: Callable[[str], None],
) -> dict[str, dict[str, float]]:
    try:
        parts = split(rows)
    except InvalidInputError as error:
        say(f"Not measured: these events cannot be split ({error})")
        return {}
    say(f"Fits on the {len(parts.train):,} events of the training part, to measure")
    model, _ = recipe.fitted(parts.train)
    with tempfile.TemporaryDirectory(prefix="millstream-model-") as scratch:
        exported: Exported = export(model, parts.train.items, Path(scratch), origin)
        asked = AsServed(OnnxScorer.load(exported.folder, exported.version), parts.train.items)
        with progress("Asking", len(parts.questions)) as advance:
            return on_card(parts, answers_of(asked, parts.questions, advance))
