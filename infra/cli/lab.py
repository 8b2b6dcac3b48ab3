"""`freshet lab`: measure models on real data, and compare two of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from freshet.domain.errors import InvalidInputError
from infra.cli.console import console, errors, told_plainly
from infra.explained import ExplainedError
from infra.local.checkout import STATE_FOLDER

RESULTS_FOLDER = STATE_FOLDER / "lab"
CHECKPOINTS_FOLDER = RESULTS_FOLDER / "checkpoints"
LIBRARIES = ("scipy", "implicit", "threadpoolctl", "optuna", "matplotlib", "tqdm")
COMPARED = ("HR@10", "NDCG@10", "MRR@10")

app = typer.Typer(
    help="Measure models on real data. Needs the extra: pip install 'freshet\\[lab]'.", no_args_is_help=True
)


@app.callback()
def lab() -> None:
    """Measure models on real data."""


@app.command()
def run(
    config: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The experiment's YAML file.")],
    *,
    data: Annotated[Path | None, typer.Option(envvar="FRESHET_DATA", help="The folder with all data.")] = None,
    into: Annotated[Path, typer.Option(help="The folder of all results.")] = RESULTS_FOLDER,
    checkpoints: Annotated[Path, typer.Option(help="Where long trainings are kept, to go on.")] = CHECKPOINTS_FOLDER,
) -> None:
    """Fit and ask every model of an experiment, and write the figures as Markdown, JSON and PNG."""
    with told_plainly(), _the_extra():
        # Here, because the other commands do without scipy.
        from infra.trainer.lab.experiment import read_experiment
        from infra.trainer.lab.running import run as measure

        experiment = read_experiment(config)
        if data is None and not experiment.data.made_up:
            raise InvalidInputError("FRESHET_DATA", "the folder with all data, here or as --data", "nothing")
        into.mkdir(parents=True, exist_ok=True)
        command = f"freshet lab run {_shown(config)}"
        say = partial(errors.print, highlight=False, markup=False, soft_wrap=True)
        written = measure(experiment, data or Path(), into, checkpoints, command, say)
    for path in (written.report, written.figures, *written.plots):
        console.print(escape(str(path)), highlight=False, soft_wrap=True)


@app.command()
def tune(
    config: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The tuning's YAML file.")],
    *,
    data: Annotated[Path | None, typer.Option(envvar="FRESHET_DATA", help="The folder with all data.")] = None,
    into: Annotated[Path, typer.Option(help="The folder of all results.")] = RESULTS_FOLDER,
    kept: Annotated[Path, typer.Option(help="Where trials are kept, to go on from.")] = RESULTS_FOLDER / "tuning",
) -> None:
    """Search knobs by cross-validation in time; after Ctrl-C, the same command goes on."""
    with told_plainly(), _the_extra():
        # Here, because the other commands do without scipy and Optuna.
        from infra.trainer.lab.searching import tune as search
        from infra.trainer.lab.tuning import read_tuning

        if data is None:
            raise InvalidInputError("FRESHET_DATA", "the folder with all data, here or as --data", "nothing")
        written, tuned = search(
            read_tuning(config),
            data,
            into,
            kept,
            f"freshet lab tune {_shown(config)}",
            partial(errors.print, highlight=False, markup=False, soft_wrap=True),
        )
    for one in tuned:
        console.print(one.to_paste, highlight=False, markup=False, soft_wrap=True, end="")
    for path in (written.report, written.figures):
        errors.print(escape(str(path)), highlight=False, soft_wrap=True)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A model's .npz, as `lab run` writes it.")],
    second: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Another's.")],
    *,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 42,
) -> None:
    """How far the first model is above the second, question by question, and whether that may be chance."""
    with told_plainly():
        # Here, because the other commands do without numpy.
        from infra.trainer.lab.comparison import comparison

        console.print(comparison(first, second, COMPARED, seed), highlight=False, markup=False, soft_wrap=True, end="")


@contextmanager
def _the_extra() -> Iterator[None]:
    """Say in one line what to install where a library of the lab is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in LIBRARIES:
            raise
        raise ExplainedError(f"{error.name} is not installed: pip install 'freshet[lab]'") from error


def _shown(config: Path) -> str:
    """The path from the working folder, or the name alone where it lies elsewhere: no machine's folders in results."""
    inside = Path(os.path.relpath(config))
    return config.name if inside.parts[0] == ".." else str(inside)
