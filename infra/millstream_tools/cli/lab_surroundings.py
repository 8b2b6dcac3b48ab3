"""Shared parts of the lab commands: default folders, arguments, and the check for optional libraries."""

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
"""Its folders hold the built-in YAML files."""

Data = Annotated[Path | None, typer.Option(envvar="MILLSTREAM_DATA", help="The folder of the data sets.")]
Into = Annotated[Path, typer.Option(help="The folder for results.")]
Extra = Literal["lab", "lab,neural"]

_OF_THE_LAB = ("scipy", "implicit", "threadpoolctl", "optuna", "matplotlib", "tqdm")
_LIBRARIES = {"lab": _OF_THE_LAB, "lab,neural": (*_OF_THE_LAB, "torch")}

say = partial(errors.print, highlight=False, markup=False, soft_wrap=True)
"""Print a progress message, on standard error because results go to standard output."""


@contextmanager
def needing(extra: Extra) -> Iterator[None]:
    """Raise ExplainedError, with what to install, if a library of the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _LIBRARIES[extra]:
            raise
        raise ExplainedError(
            f"{error.name} is not installed: pip install 'millstream[{extra}]', or -e '.[{extra}]' in a checkout"
        ) from error


def file_or_ready(folder: str) -> Callable[[str], Path]:
    """An argument parser that finds a built-in file by its name, and any other file by its path."""

    def find(named: str) -> Path:
        ready = {path.stem: path for path in (EXPERIMENTS / folder).glob("*.yaml")}
        path = ready.get(named, Path(named))
        if not path.is_file():
            raise typer.BadParameter(f"expected a file, or one of {', '.join(sorted(ready))}, got {named!r}")
        return path

    return find


def shown(path: Path) -> str:
    """The file as reports name it: a built-in one by its name, others relative to the working folder.

    Files outside the working folder appear by name only, so that results contain no absolute paths.
    """
    if path.is_relative_to(EXPERIMENTS):
        return path.stem
    inside = Path(os.path.relpath(path))
    return path.name if inside.parts[0] == ".." else str(inside)
