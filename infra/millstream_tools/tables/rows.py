"""The interface of row readers, which stream rows in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from millstream_tools.tables.errors import BadFileError


class Row(NamedTuple):
    """One row: its line in the file (for Parquet, its number), the wanted cells, and its raw form for display.

    `lines` is the number of lines that it adds to those of the rows before it: none if it begins on their last line.
    """

    line: int
    cells: Sequence[Any]
    raw: Any
    lines: int = 1


class BadRow(NamedTuple):
    """A row that cannot be parsed, and why."""

    line: int
    expected: str
    got: str
    raw: Any
    lines: int = 1


class Rows(Protocol):
    """The rows of one open file, and the progress: `done` of `total`, in bytes or rows.

    Every line of the file is one of a row, of a bad row, of the header, or blank (for Parquet: every row is a line).
    """

    total: int

    @property
    def header_lines(self) -> int:
        """Lines of the header read so far."""

    @property
    def blank_lines(self) -> int:
        """Lines read so far that are of no row."""

    def __iter__(self) -> Iterator[Row | BadRow]:
        """All rows, once. Raises BadFileError if the file is corrupt."""

    def done(self) -> int:
        """How much of the total was read."""

    def text(self, raw: Any) -> str:
        """A row's raw form as one string."""

    def close(self) -> None:
        """Close the file."""


def ending(path: Path) -> str:
    """The file's suffix without .gz, in lower case: `.csv` for a.csv, a.csv.gz and A.CSV.GZ."""
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def places_of(path: Path, wanted: Sequence[str], found: Sequence[str]) -> list[int]:
    """The indices of the wanted columns. Raises BadFileError with the missing column and the existing ones."""
    for name in wanted:
        if found.count(name) != 1:
            got = "only" if name not in found else "it more than once among"
            raise BadFileError(f"{path}: expected a column {name}, got {got} {', '.join(found)}{hint_of(found)}")
    return [found.index(name) for name in wanted]


def hint_of(found: Sequence[str]) -> str:
    """What to try if these do not look like names of columns."""
    if len(found) == 1:
        return " (another delimiter? Tell it with --delimiter)"
    if any(re.fullmatch(r"[\d.:-]*", name) for name in found):
        return " (no header? Name the columns with --header A,B,C)"
    return ""
