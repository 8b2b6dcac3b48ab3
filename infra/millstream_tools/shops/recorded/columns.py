"""A recorded shop's table as columns, read by `millstream_tools.tables`."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from millstream_tools.shops.recorded.errors import BadDataError
from millstream_tools.tables import opening
from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form, Kind
from millstream_tools.tables.lines import is_text
from millstream_tools.tables.opening import open_rows
from millstream_tools.tables.rows import BadRow, ending

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ColumnType = Literal["text", "number", "time"]

_TIME_FORMATS = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Layout:
    """The format of a text table: its delimiter, and the column names if the file has no header."""

    delimiter: str
    names: tuple[str, ...] = ()
    quoted: bool = True

    def form(self, path: Path, encoding: str) -> Form:
        """The same for the reader of a file."""
        kind: Kind = "parquet" if ending(path) == ".parquet" else "csv"
        return Form(kind, self.delimiter, self.quoted, self.names or None, encoding=encoding)


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column as numbers into its distinct labels; -1 stands for a missing value."""

    codes: Ints
    labels: list[str]

    def label(self, row: int) -> str:
        """The text of one row."""
        return self.labels[int(self.codes[row])]


class Columns:
    """The wanted columns of one or several files, row by row in file order."""

    def __init__(self, cells: Mapping[str, list[Any]]) -> None:
        """Wrap what was read: texts, numbers and times, None where a cell is empty."""
        self._cells = cells

    def __len__(self) -> int:
        """Rows."""
        return len(next(iter(self._cells.values())))

    def coded(self, name: str) -> Coded:
        """A text column, coded."""
        numbers: dict[str, int] = {}
        codes = [-1 if text is None else numbers.setdefault(text, len(numbers)) for text in self._cells[name]]
        return Coded(np.array(codes, np.int64), list(numbers))

    def texts(self, name: str) -> list[str]:
        """A text column as strings; missing values are empty."""
        return [text or "" for text in self._cells[name]]

    def numbers(self, name: str) -> Floats:
        """A number column, or a time column in epoch seconds, read as UTC; missing values are NaN."""
        return np.array([math.nan if cell is None else cell for cell in self._cells[name]], np.float64)


def extension(path: Path) -> str:
    """The file's kind, whether compressed or not: ".csv" for both a.csv and a.csv.gz."""
    return ending(path)


def column_names(path: Path, layout: Layout) -> tuple[str, ...]:
    """The columns that a file says it has; those of the layout where files of this kind have no header.

    Empty where the file cannot be read as such a table.
    """
    with contextlib.suppress(BadFileError):
        return opening.column_names(path, layout.form(path, "latin-1"))
    return ()


def read_columns(paths: Sequence[Path], wanted: Mapping[str, ColumnType], layout: Layout) -> Columns:
    """Read the wanted columns of files that follow each other.

    Raises `BadDataError` that names the file, and the columns found when one is missing, or the row, the column and the
    value that cannot be read.
    """
    cells: dict[str, list[Any]] = {name: [] for name in wanted}
    for path in paths:
        found = column_names(path, layout)
        if missing := [name for name in wanted if name not in found]:
            raise BadDataError(
                f"{path}: expected the columns {', '.join(wanted)}; missing {missing}; found {list(found)}"
            )
        try:
            _read(path, wanted, layout, cells)
        except BadFileError as error:
            raise BadDataError(str(error)) from error
    return Columns(cells)


def _read(path: Path, wanted: Mapping[str, ColumnType], layout: Layout, cells: Mapping[str, list[Any]]) -> None:
    readers = [(name, cells[name].append, _READERS[kind]) for name, kind in wanted.items()]
    with closing(open_rows(path, layout.form(path, _encoding(path)), tuple(wanted))) as rows:
        for row in rows:
            if isinstance(row, BadRow):
                raise BadDataError(f"{path}: line {row.line}: expected {row.expected}, got {row.got}")
            for (name, append, read), cell in zip(readers, row.cells, strict=True):
                try:
                    append(None if cell is None or cell == "" else read(cell))
                except (ValueError, TypeError) as error:
                    raise BadDataError(f"{path}: line {row.line}: column {name!r}: got {cell!r}") from error


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)


def _seconds(cell: Any) -> float:
    """A time in epoch seconds, read as UTC where it names no zone."""
    moment = _moment(cell) if isinstance(cell, str) else cell
    if not isinstance(moment, datetime):
        raise TypeError(moment)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _moment(text: str) -> datetime:
    for form in _TIME_FORMATS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return datetime.fromisoformat(text)


_READERS: Mapping[ColumnType, Callable[[Any], Any]] = {"text": _text, "number": float, "time": _seconds}


def _encoding(path: Path) -> str:
    """UTF-8 if a file's beginning is that, else Latin-1: the two in which these data sets travel."""
    return "utf-8" if ending(path) == ".parquet" or is_text(path, "utf-8") else "latin-1"
