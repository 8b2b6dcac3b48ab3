"""The rows of a file, one after the other, whatever the file is: memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from millstream_tools.tables.errors import BadFileError


class Row(NamedTuple):
    """One row: its line in the file (of Parquet: its number), the wanted cells, and whatever shows it to a person."""

    line: int
    cells: Sequence[Any]
    raw: Any


class BadRow(NamedTuple):
    """A row that cannot be taken apart, and why."""

    line: int
    expected: str
    got: str
    raw: Any


class Rows(Protocol):
    """The rows of one open file, and how far they are read: `done` of `total`, in bytes or in rows."""

    total: int

    def __iter__(self) -> Iterator[Row | BadRow]:
        """Once, from the first to the last. Raises BadFileError where the file itself is broken."""

    def done(self) -> int:
        """How much of the total is read."""

    def text(self, raw: Any) -> str:
        """A row as the file has it, in one string."""

    def close(self) -> None:
        """Let go of the file."""


def ending(path: Path) -> str:
    """The file's ending without .gz: `.csv` for both a.csv and a.csv.gz."""
    return path.with_suffix("").suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def places_of(path: Path, wanted: Sequence[str], found: Sequence[str]) -> list[int]:
    """Where the wanted columns are. Raises BadFileError, naming what is missing and what was found."""
    for name in wanted:
        if found.count(name) != 1:
            times = "no" if name not in found else "more than one"
            raise BadFileError(f"{path}: expected a column {name}, got {times} such among {', '.join(found)}")
    return [found.index(name) for name in wanted]
