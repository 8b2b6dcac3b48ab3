"""`millstream lab fit`: fit one model of an experiment and write its model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.lab_surroundings import CHECKPOINTS_FOLDER, Data, file_or_ready, needing, say
from millstream_tools.cli.models_fit import print_fitted
from millstream_tools.cli.progress import bar

UNFINISHED = "no model was written; run the same command again to continue after the last finished epoch"

app = typer.Typer()


@app.command()
def fit(
    config: Annotated[
        Path,
        typer.Argument(
            parser=file_or_ready("configs"), help="An experiment: a YAML file, or the name of a built-in one."
        ),
    ],
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Output folder; a model in it is replaced.")],
    *,
    model: Annotated[str, typer.Option(help="The model's name in the experiment.")],
    data: Data = None,
    protocol: Annotated[str | None, typer.Option(help="The protocol's name. Default: the first.")] = None,
    checkpoints: Annotated[Path, typer.Option(help="Folder of training checkpoints.")] = CHECKPOINTS_FOLDER,
) -> None:
    """Fit a model of an experiment on all its data, and write a folder for `millstream models publish`.

    The model's card holds the metrics of the same model fitted on the protocol's training part and evaluated as served.
    """
    with report_errors(), needing("lab"), interruptible(UNFINISHED):
        # Imported here because the other commands do not need scipy.
        from millstream_tools.lab.experiments.experiment import read_experiment
        from millstream_tools.lab.experiments.fitting import Folders
        from millstream_tools.lab.experiments.fitting import fit as fit_model

        experiment = read_experiment(config, only=model)
        folders = Folders(experiment.data.folder(data), checkpoints, folder)
        (chosen,) = experiment.models
        fitted = fit_model(experiment, chosen, protocol, folders, bar, say)
        print_fitted(fitted)
    message = f"{fitted.version} is in {folder}. Run `millstream models publish {folder}` to publish it."
    console.print(message, highlight=False, markup=False, soft_wrap=True)
