"""What a command of the lab works with: the folders of data and of results, and libraries that may be missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
        raise ExplainedError(f"{error.name} is not installed: pip install -e '.[{extra}]'") from error


def shown(path: Path) -> str:
    """The path from the working folder, or the name alone where it lies elsewhere: no machine's folders in results."""
    inside = Path(os.path.relpath(path))
    return path.name if inside.parts[0] == ".." else str(inside)
