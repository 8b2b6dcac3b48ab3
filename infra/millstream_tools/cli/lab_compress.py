"""`millstream lab compress`: compress a model and measure the loss of accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.lab_surroundings import RESULTS_FOLDER, Data, Into, file_or_ready, needing, say, shown
from millstream_tools.explained import ExplainedError

app = typer.Typer()


@app.command()
def compress(
    model: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The folder of a fitted model.")],
    *,
    config: Annotated[
        Path,
        typer.Option(
            parser=file_or_ready("configs"), help="The experiment it was fitted in: a YAML file or a built-in name."
        ),
    ],
    ways: Annotated[
        str, typer.Option(help="Comma-separated methods: int8,pq,distil. Default: all, or all of --plan.")
    ] = "",
    plan: Annotated[
        Path | None,
        typer.Option(parser=file_or_ready("compressions"), help="YAML file: methods with their parameters."),
    ] = None,
    most_loss: Annotated[float, typer.Option(help="Largest accepted relative loss of NDCG@10.")] = 0.01,
    protocol: Annotated[str | None, typer.Option(help="The protocol's name. Default: the first.")] = None,
    data: Data = None,
    into: Into = RESULTS_FOLDER,
    models: Annotated[Path, typer.Option(help="Folder of the accepted models.")] = RESULTS_FOLDER / "compressed",
    checkpoints: Annotated[Path, typer.Option(help="Folder of training checkpoints.")] = RESULTS_FOLDER / "compression",
) -> None:
    """Compress a model by several methods and report size, speed and accuracy; exit with 1 if one loses too much."""
    with report_errors(), needing("lab,neural"):
        # Imported here because the other commands do not need PyTorch.
        from millstream_tools.lab.compression.compressing import Folders
        from millstream_tools.lab.compression.compressing import compress as compress_model
        from millstream_tools.lab.compression.plan import read_plan
        from millstream_tools.lab.experiments.experiment import read_experiment

        experiment = read_experiment(config)
        folder = experiment.data.folder(data)
        names = [name for name in ways.split(",") if name]
        tries = read_plan(plan, names, most_loss)
        command = f"millstream lab compress {shown(model)} --config {shown(config)}"
        command += f" --plan {shown(plan)}" if plan else ""
        command += f" --ways {ways}" if ways else ""
        written = compress_model(
            model,
            experiment,
            protocol,
            tries,
            folder,
            Folders(into, models, checkpoints),
            f"{command} --most-loss {most_loss:g}",
            say,
        )
        for path in (written.report, written.figures):
            console.print(escape(str(path)), highlight=False, soft_wrap=True)
        if written.refused:
            raise ExplainedError("; ".join(written.refused))
