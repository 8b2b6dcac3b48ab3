"""The interface of row readers, which stream rows in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from millstream_tools.tables.errors import BadFileError


class Row(NamedTuple):
    """One row: its line in the file (for Parquet, its number), the wanted cells, and its raw form for display."""

    line: int
    cells: Sequence[Any]
    raw: Any


class BadRow(NamedTuple):
    """A row that cannot be parsed, and why."""

    line: int
    expected: str
    got: str
    raw: Any


class Rows(Protocol):
    """The rows of one open file, and the progress: `done` of `total`, in bytes or rows."""

    total: int

    def __iter__(self) -> Iterator[Row | BadRow]:
        """All rows, once. Raises BadFileError if the file is corrupt."""

    def done(self) -> int:
        """How much of the total was read."""

    def text(self, raw: Any) -> str:
        """A row's raw form as one string."""

    def close(self) -> None:
        """Close the file."""


def ending(path: Path) -> str:
    """The file's suffix without .gz: `.csv` for both a.csv and a.csv.gz."""
    return path.with_suffix("").suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def places_of(path: Path, wanted: Sequence[str], found: Sequence[str]) -> list[int]:
    """The indices of the wanted columns. Raises BadFileError with the missing column and the existing ones."""
    for name in wanted:
        if found.count(name) != 1:
            got = "only" if name not in found else "it more than once among"
            raise BadFileError(f"{path}: expected a column {name}, got {got} {', '.join(found)}")
    return [found.index(name) for name in wanted]
