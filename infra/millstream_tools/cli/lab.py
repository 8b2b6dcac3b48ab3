"""`millstream lab`: evaluate models on public data sets, and compare two of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from millstream_tools.cli import lab_choose, lab_compress, lab_fit
from millstream_tools.cli.console import console, errors, report_errors
from millstream_tools.cli.lab_surroundings import (
    CHECKPOINTS_FOLDER,
    RESULTS_FOLDER,
    Data,
    Into,
    file_or_ready,
    needing,
    say,
    shown,
)

COMPARED = ("HR@10", "NDCG@10", "MRR@10")

app = typer.Typer(
    help="Evaluate models on data sets. Needs the extra: pip install -e '.\\[lab]'.", no_args_is_help=True
)
app.add_typer(lab_choose.app)
app.add_typer(lab_compress.app)
app.add_typer(lab_fit.app)


@app.callback()
def lab() -> None:
    """Evaluate models on data sets."""


@app.command()
def run(
    config: Annotated[
        Path,
        typer.Argument(
            parser=file_or_ready("configs"), help="An experiment: a YAML file, or the name of a built-in one."
        ),
    ],
    *,
    data: Data = None,
    into: Into = RESULTS_FOLDER,
    checkpoints: Annotated[Path, typer.Option(help="Folder of training checkpoints.")] = CHECKPOINTS_FOLDER,
) -> None:
    """Fit and evaluate every model of an experiment, and write the results as Markdown, JSON and PNG."""
    with report_errors(), needing("lab"):
        # Imported here because the other commands do not need scipy.
        from millstream_tools.lab.experiments.experiment import read_experiment
        from millstream_tools.lab.experiments.running import run as measure

        experiment = read_experiment(config)
        folder = experiment.data.folder(data)
        into.mkdir(parents=True, exist_ok=True)
        written = measure(experiment, folder, into, checkpoints, f"millstream lab run {shown(config)}", say)
    for path in (written.report, written.figures, *written.plots):
        console.print(escape(str(path)), highlight=False, soft_wrap=True)


@app.command()
def tune(
    config: Annotated[
        Path,
        typer.Argument(parser=file_or_ready("tunings"), help="A tuning: a YAML file, or the name of a built-in one."),
    ],
    *,
    data: Data = None,
    into: Into = RESULTS_FOLDER,
    kept: Annotated[Path, typer.Option(help="Folder of finished trials.")] = RESULTS_FOLDER / "tuning",
) -> None:
    """Search hyperparameters by time-based cross-validation. After Ctrl-C, run the same command to continue."""
    with report_errors(), needing("lab"):
        # Imported here because the other commands do not need scipy and Optuna.
        from millstream_tools.lab.experiments.searching import tune as search
        from millstream_tools.lab.experiments.tuning import read_tuning

        tuning = read_tuning(config)
        folder = tuning.data.folder(data)
        written, tuned = search(tuning, folder, into, kept, f"millstream lab tune {shown(config)}", say)
    for one in tuned:
        console.print(one.to_paste, highlight=False, markup=False, soft_wrap=True, end="")
    for path in (written.report, written.figures):
        errors.print(escape(str(path)), highlight=False, soft_wrap=True)


@app.command()
def compare(
    first: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A model's .npz, as written by `lab run`.")
    ],
    second: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Another model's .npz.")],
    *,
    seed: Annotated[int, typer.Option(help="Random seed of the bootstrap.")] = 42,
) -> None:
    """Compare two models query by query: the mean difference, its interval, and whether it is significant."""
    with report_errors():
        # Imported here because the other commands do not need numpy.
        from millstream_tools.lab.experiments.comparison import comparison

        console.print(comparison(first, second, COMPARED, seed), highlight=False, markup=False, soft_wrap=True, end="")
