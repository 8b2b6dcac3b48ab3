"""`millstream lab fit`: a model of an experiment, as the folder that is published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.lab_surroundings import CHECKPOINTS_FOLDER, Data, file_or_ready, needing, say
from millstream_tools.cli.models_fit import show_fitted
from millstream_tools.cli.progress import bar

UNFINISHED = "no model was written, and the same command goes on after the last epoch that was done"

app = typer.Typer()


@app.command()
def fit(
    config: Annotated[
        Path, typer.Argument(parser=file_or_ready("configs"), help="The experiment's YAML file, or a ready one's name.")
    ],
    folder: Annotated[Path, typer.Argument(file_okay=False, help="For the model; one that lies there is replaced.")],
    *,
    model: Annotated[str, typer.Option(help="The model's name in the experiment.")],
    data: Data = None,
    protocol: Annotated[str | None, typer.Option(help="The protocol's name. Default: the first.")] = None,
    checkpoints: Annotated[Path, typer.Option(help="Where long trainings are kept, to go on.")] = CHECKPOINTS_FOLDER,
) -> None:
    """Fit a model of an experiment on all its data, and write the folder that `millstream models publish` takes.

    Its card says how good the same model is, fitted on a protocol's training part and asked its questions as it serves.
    """
    with report_errors(), needing("lab"), interruptible(UNFINISHED):
        # Here, because the other commands do without scipy.
        from millstream_tools.lab.experiments.experiment import read_experiment
        from millstream_tools.lab.experiments.fitting import Folders
        from millstream_tools.lab.experiments.fitting import fit as make

        experiment = read_experiment(config, only=model)
        folders = Folders(experiment.data.folder(data), checkpoints, folder)
        (chosen,) = experiment.models
        made = make(experiment, chosen, protocol, folders, bar, say)
        show_fitted(made)
    told = f"{made.version} is in {folder}. `millstream models publish {folder}` publishes it."
    console.print(told, highlight=False, markup=False, soft_wrap=True)
