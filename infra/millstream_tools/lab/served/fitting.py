"""Fits a model of an experiment twice: on the training part, to say how good it is, and on everything, to serve."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from millstream.application.replay.progress import Progress
from millstream.domain.models.cards import Cost
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.evaluation.as_served import AsServed, answers_of, on_card
from millstream_tools.lab.evaluation.questions import Split
from millstream_tools.lab.experiments.experiment import Experiment, Model
from millstream_tools.lab.experiments.named import protocol_named
from millstream_tools.lab.experiments.running import prepared
from millstream_tools.lab.models import fitting
from millstream_tools.lab.models.contract import Recommender
from millstream_tools.lab.models.families import made
from millstream_tools.lab.served.export.origin import Origin
from millstream_tools.lab.served.forms import check_catalogue, check_form, write
from millstream_tools.lab.served.place import check_place, written_whole


class Folders(NamedTuple):
    """With all data, for the checkpoints of what trains long, and for the model."""

    data: Path
    checkpoints: Path
    model: Path


@dataclass(frozen=True)
class Fitted:
    """A model that may be published, and what its card says of it."""

    version: str
    metrics: dict[str, dict[str, float]]
    cost: Cost


def fit(
    experiment: Experiment,
    model: Model,
    protocol: str | None,
    folders: Folders,
    progress: Progress,
    say: Callable[[str], None],
) -> Fitted:
    """Write a model of the experiment, fitted on all data, into `folders.model`, in place of a model there.

    Its card has the metrics of the same model fitted on the training part of the named protocol, or of the first, and
    asked that protocol's questions as it is served; and the cost of the fit on all data. Raises InvalidInputError for
    a protocol that the experiment does not have, a family that cannot be served, and a folder with anything else in it.
    """
    recipe = _Recipe(model, experiment.seed, folders.checkpoints)
    asking = protocol_named(experiment, protocol)
    check_form(recipe.model())
    check_place(folders.model)
    say(f"{experiment.title}: reads the data")
    data, about = prepared(
        experiment.data, experiment.preparation, folders.data, command="", seed=experiment.seed, libraries=()
    )
    check_catalogue(recipe.model(), len(data.items))
    split = asking.split(data)
    origin = Origin(about.data_sha256, experiment.seed, Cost(0.0, 0.0), 0, {})
    say(f"{asking.name}: fits on the {len(split.train):,} rows of its training part")
    metrics = _metrics(recipe.fitted(split.train)[0], split, origin, progress)
    say(f"Everything: fits on all {len(data):,} rows, to serve")
    fitted, cost = recipe.fitted(data)
    with written_whole(folders.model) as written:
        made_at_ms = time.time_ns() // 1_000_000
        told = replace(origin, cost=cost, metrics=metrics, created_at_ms=made_at_ms)
        exported = write(fitted, data.items, written, told)
    return Fitted(exported.version, metrics, cost)


@dataclass(frozen=True)
class _Recipe:
    """What is fitted, and how."""

    stated: Model
    seed: int
    checkpoints: Path

    def model(self) -> Recommender:
        """One that has not been fitted."""
        return made(self.stated.family, self.stated.knobs)

    def fitted(self, train: Interactions) -> tuple[Recommender, Cost]:
        """A fitted one, and what fitting it took, in all processes that had a part in it."""
        model = self.model()
        return model, Cost(*fitting.fit(model, train, self.seed, self.checkpoints))


def _metrics(model: Recommender, split: Split, origin: Origin, progress: Progress) -> dict[str, dict[str, float]]:
    """What the model's card says of it, once it has answered the questions from a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="millstream-model-") as scratch:
        exported = write(model, split.train.items, Path(scratch), origin)
        asked = AsServed(OnnxScorer.load(exported.folder, exported.version), split.train.items)
        with progress("Asking", len(split.questions)) as advance:
            return on_card(split, answers_of(asked, split.questions, advance))
