"""A model of an experiment as the folder that is served, by the same road as any other model."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from millstream.application.replay.progress import Progress
from millstream.learning.export.model import check_servable
from millstream.learning.export.place import check_place
from millstream.learning.road import Data, Fitted, Recipe, fit_model
from millstream_tools.lab.experiments.experiment import Experiment, Model
from millstream_tools.lab.experiments.named import protocol_named
from millstream_tools.lab.experiments.running import prepared
from millstream_tools.lab.models.families import create


class Folders(NamedTuple):
    """With all data, for the checkpoints of what trains long, and for the model."""

    data: Path
    checkpoints: Path
    model: Path


def fit(
    experiment: Experiment,
    model: Model,
    protocol: str | None,
    folders: Folders,
    progress: Progress,
    say: Callable[[str], None],
) -> Fitted:
    """Write a model of the experiment into `folders.model`, measured by the named protocol or by the first.

    See `fit_model`. Raises InvalidInputError for a protocol that the experiment does not have.
    """
    asking = protocol_named(experiment, protocol)
    recipe = Recipe(lambda: create(model.family, model.knobs), experiment.seed, folders.checkpoints)
    check_servable(recipe.make())
    check_place(folders.model)
    say(f"{experiment.title}: reads the data")
    rows, about = prepared(
        experiment.data, experiment.preparation, folders.data, command="", seed=experiment.seed, libraries=()
    )
    made_at_ms = time.time_ns() // 1_000_000
    return fit_model(Data(rows, about.data_sha256), recipe, asking.split, folders.model, made_at_ms, progress, say)
