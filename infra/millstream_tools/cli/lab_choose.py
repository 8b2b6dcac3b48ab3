"""`millstream lab choose`: choose models on public data sets, beside the families' defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.lab_surroundings import RESULTS_FOLDER, Data, Into, file_or_ready, needing, say, shown
from millstream_tools.cli.progress import bar
from millstream_tools.explained import ExplainedError

app = typer.Typer()


@app.command()
def choose(
    config: Annotated[
        Path, typer.Argument(parser=file_or_ready("choices"), help="A YAML file of data sets, or a built-in one.")
    ],
    sets: Annotated[list[str] | None, typer.Argument(help="Names of sets in the file; without, all.")] = None,
    *,
    budget: Annotated[float, typer.Option(min=0.01, help="CPU minutes for each set.")] = 5.0,
    light: Annotated[bool, typer.Option("--light", help="Only families that need numpy alone.")] = False,
    data: Data = None,
    into: Into = RESULTS_FOLDER,
    kept: Annotated[Path, typer.Option(help="Folder of interrupted choices.")] = RESULTS_FOLDER / "choices",
) -> None:
    """Choose a model on each set, test it once beside the defaults, and write reports and a table.

    After Ctrl-C, the same command goes on where it was.
    """
    with report_errors(), needing("lab"), interruptible("run the same command to continue"):
        # Imported here because the other commands do not need scipy.
        from millstream.learning.choosing.light import light_spaces
        from millstream.learning.choosing.proposing import Tools
        from millstream_tools.lab.choosing import tools
        from millstream_tools.lab.experiments.choices import Made, choose_on, read_choices, table
        from millstream_tools.lab.models.families import create

        choices = read_choices(config)
        names = [one.name for one in choices.sets]
        if unknown := sorted(set(sets or ()) - set(names)):
            raise ExplainedError(f"expected sets among {', '.join(names)}, got {unknown[0]}")
        able = Tools(create, light_spaces, {"all but the light families": "--light"}) if light else tools()
        called = f"{'light' if light else 'all'}-{budget:g}-minutes"
        command = f"millstream lab choose {shown(config)} --budget {budget:g}{' --light' if light else ''}"
        made = Made(able, budget, called, command)
        for one in choices.sets:
            if not sets or one.name in sets:
                choose_on(one, choices, made, one.data.folder(data), into, kept, bar, say)
        page = into / f"choices-{called}.md"
        head = f"# Chosen models beside the families' defaults ({called})\n\nMade by `{command}`.\n\n"
        page.write_text(head + table(into, called), encoding="utf-8")
    console.print(escape(str(page)), highlight=False, soft_wrap=True)
