"""What a command of the lab works with: the folders of data and of results, and libraries that may be missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from millstream_tools.cli.console import errors
from millstream_tools.explained import ExplainedError
from millstream_tools.places import STATE_FOLDER

RESULTS_FOLDER = STATE_FOLDER / "lab"
CHECKPOINTS_FOLDER = RESULTS_FOLDER / "checkpoints"

EXPERIMENTS = Path(__file__).parents[1] / "lab" / "experiments"
"""In whose folders the YAML files lie that come with Millstream."""

Data = Annotated[Path | None, typer.Option(envvar="MILLSTREAM_DATA", help="The folder with all data.")]
Into = Annotated[Path, typer.Option(help="The folder of all results.")]
Extra = Literal["lab", "lab,neural"]

_OF_THE_LAB = ("scipy", "implicit", "threadpoolctl", "optuna", "matplotlib", "tqdm")
_LIBRARIES = {"lab": _OF_THE_LAB, "lab,neural": (*_OF_THE_LAB, "torch")}

say = partial(errors.print, highlight=False, markup=False, soft_wrap=True)
"""Tells how far the work is: on the error output, as results go to the other."""


@contextmanager
def needing(extra: Extra) -> Iterator[None]:
    """Raises ExplainedError, which says what to install, where a library of the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES[extra]:
            raise
        raise ExplainedError(
            f"{error.name} is not installed: install the extra, as in pip install -e '.[{extra}]'"
        ) from error


def file_or_ready(folder: str) -> Callable[[str], Path]:
    """Finds the file that an argument names: by its name if it comes with Millstream, or else by its path."""

    def find(named: str) -> Path:
        ready = {path.stem: path for path in (EXPERIMENTS / folder).glob("*.yaml")}
        path = ready.get(named, Path(named))
        if not path.is_file():
            raise typer.BadParameter(f"expected a file, or one of {', '.join(sorted(ready))}, got {named!r}")
        return path

    return find


def shown(path: Path) -> str:
    """How a command names the file: by its name alone if it comes with Millstream, or else from the working folder.

    Only the name of a file that lies elsewhere: no machine's folders in results.
    """
    if path.is_relative_to(EXPERIMENTS):
        return path.stem
    inside = Path(os.path.relpath(path))
    return path.name if inside.parts[0] == ".." else str(inside)
