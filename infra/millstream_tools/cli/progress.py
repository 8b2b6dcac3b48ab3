"""Progress bars on standard error, if it is a terminal; removed when the work is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from millstream.application.replay.progress import Advance
from millstream.domain.errors import printable
from millstream_tools.cli.console import errors


@contextmanager
def bar(step: str, total: int | None) -> Iterator[Advance]:
    """A progress bar for one step; see `millstream.application.replay.progress`."""
    with _shown(step, total, MofNCompleteColumn()) as advance:
        yield advance


@contextmanager
def byte_bar(step: str, total: int | None) -> Iterator[Advance]:
    """A progress bar for one step, counted in bytes."""
    with _shown(step, total, DownloadColumn()) as advance:
        yield advance


@contextmanager
def _shown(step: str, total: int | None, count: ProgressColumn) -> Iterator[Advance]:
    # A step may name a file, whose name is no markup.
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bars:
        yield partial(bars.advance, bars.add_task(printable(step), total=total))
