"""`freshet lab compress`: make a model smaller, and see what that costs before it is published."""

from __future__ import annotations

import os
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
LIBRARIES = ("scipy", "implicit", "threadpoolctl", "tqdm", "torch")

app = typer.Typer()


@app.command()
def compress(
    model: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The folder of a model of the lab.")],
    *,
    config: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The experiment whose data it was fitted on.")
    ],
    ways: Annotated[
        str, typer.Option(help="With commas between: int8,pq,distil. Default: all, or all of --plan.")
    ] = "",
    plan: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="YAML: ways with their knobs.")] = None,
    most_loss: Annotated[float, typer.Option(help="Share of NDCG@10 that may go; past it a model is refused.")] = 0.01,
    protocol: Annotated[str | None, typer.Option(help="The protocol's name. Default: the first.")] = None,
    data: Annotated[Path | None, typer.Option(envvar="FRESHET_DATA", help="The folder with all data.")] = None,
    into: Annotated[Path, typer.Option(help="The folder of all results.")] = RESULTS_FOLDER,
    models: Annotated[Path, typer.Option(help="The folder for what is kept.")] = RESULTS_FOLDER / "compressed",
    checkpoints: Annotated[Path, typer.Option(help="Where trainings are kept.")] = RESULTS_FOLDER / "compression",
) -> None:
    """Make a model smaller in several ways; show size, time and accuracy; refuse what loses too much (exit 1)."""
    try:
        with told_plainly():
            # Here, because the other commands do without PyTorch.
            from infra.trainer.compression.compressing import Folders
            from infra.trainer.compression.compressing import compress as make_smaller
            from infra.trainer.compression.plan import read_plan
            from infra.trainer.lab.experiment import read_experiment

            if data is None:
                raise InvalidInputError("FRESHET_DATA", "the folder with all data, here or as --data", "nothing")
            names = [name for name in ways.split(",") if name]
            tries = read_plan(plan, names, most_loss)
            command = f"freshet lab compress {_shown(model)} --config {_shown(config)}"
            command += f" --plan {_shown(plan)}" if plan else ""
            command += f" --ways {ways}" if ways else ""
            written = make_smaller(
                model,
                read_experiment(config),
                protocol,
                tries,
                data,
                Folders(into, models, checkpoints),
                f"{command} --most-loss {most_loss:g}",
                partial(errors.print, highlight=False, markup=False, soft_wrap=True),
            )
            for path in (written.report, written.figures):
                console.print(escape(str(path)), highlight=False, soft_wrap=True)
            if written.refused:
                raise ExplainedError("; ".join(written.refused))
    except ModuleNotFoundError as error:
        if error.name not in LIBRARIES:
            raise
        errors.print(f"freshet: {error.name} is not installed: pip install 'freshet\\[lab,neural]'", soft_wrap=True)
        raise typer.Exit(1) from error


def _shown(path: Path) -> str:
    """The path from the working folder, or the name alone where it lies elsewhere: no machine's folders in results."""
    inside = Path(os.path.relpath(path))
    return path.name if inside.parts[0] == ".." else str(inside)
