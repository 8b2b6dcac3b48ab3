"""Reads a recorded shop's table file into columns, whatever its compression, encoding and delimiter."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no type information
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]  # the same
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]  # the same
from numpy.typing import NDArray

from millstream_tools.shops.recorded.errors import BadDataError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ColumnType = Literal["text", "number", "time"]

_ARROW_TYPES = {"text": pa.string(), "number": pa.float64(), "time": pa.timestamp("us")}
_TIME_FORMATS = (pa_csv.ISO8601, "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")
_INSIDE_DELIMITER = b"\x1f"  # stands for "::", since the parser takes delimiters of one character


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text table is written down: its delimiter, and the column names where the file has no header."""

    delimiter: str
    names: tuple[str, ...] = ()
    quoted: bool = True


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

    def __init__(self, table: pa.Table) -> None:
        """Wrap what was read."""
        self._table = table

    def __len__(self) -> int:
        """Rows."""
        return int(self._table.num_rows)

    def coded(self, name: str) -> Coded:
        """A text column, coded."""
        encoded = self._table[name].combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return Coded(codes.astype(np.int64), encoded.dictionary.to_pylist())

    def texts(self, name: str) -> list[str]:
        """A text column as strings; missing values are empty."""
        return [text or "" for text in self._table[name].to_pylist()]

    def numbers(self, name: str) -> Floats:
        """A number column; missing values are NaN."""
        return np.asarray(self._table[name].to_numpy(), dtype=np.float64)

    def seconds(self, name: str) -> Floats:
        """A time column in epoch seconds, read as UTC; missing values are NaN."""
        micros = self._table[name].cast(pa.int64()).to_numpy()
        return np.asarray(micros, dtype=np.float64) / 1e6


def extension(path: Path) -> str:
    """The file's kind, whether compressed or not: ".csv" for both a.csv and a.csv.gz."""
    return path.with_suffix("").suffix.lower() if path.suffix == ".gz" else path.suffix.lower()


def column_names(path: Path, layout: Layout) -> tuple[str, ...]:
    """The columns that a file says it has; those of the layout where files of this kind have no header."""
    if extension(path) == ".parquet":
        return tuple(pa_parquet.read_schema(path).names)
    if layout.names:
        return layout.names
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        first = file.readline().decode("utf-8-sig", errors="replace")
    return tuple(name.strip().strip('"') for name in first.split(layout.delimiter))


def read_columns(paths: Sequence[Path], wanted: Mapping[str, ColumnType], layout: Layout) -> Columns:
    """Read the wanted columns of files that follow each other.

    Raises `BadDataError` that names the file, and the columns found when one is missing, or the row, the column and the
    value that cannot be read.
    """
    return Columns(pa.concat_tables([_read(path, wanted, layout) for path in paths]))


def _read(path: Path, wanted: Mapping[str, ColumnType], layout: Layout) -> pa.Table:
    found = column_names(path, layout)
    if missing := [name for name in wanted if name not in found]:
        raise BadDataError(f"{path}: expected the columns {', '.join(wanted)}; missing {missing}; found {list(found)}")
    types = {name: _ARROW_TYPES[kind] for name, kind in wanted.items()}
    try:
        if extension(path) == ".parquet":
            table = pa_parquet.read_table(path, columns=list(wanted))
            return table.cast(pa.schema([(name, types[name]) for name in table.column_names])).select(list(wanted))
        return _read_text(path, types, found, layout)
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{path}: {_with_name(str(error), found)}") from error


def _read_text(path: Path, types: Mapping[str, Any], found: tuple[str, ...], layout: Layout) -> pa.Table:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    delimiter = layout.delimiter
    if len(delimiter) > 1:
        content, delimiter = content.replace(delimiter.encode(), _INSIDE_DELIMITER), _INSIDE_DELIMITER.decode()
    return pa_csv.read_csv(
        io.BytesIO(content),
        # one thread, so that an error can tell the row
        read_options=pa_csv.ReadOptions(
            encoding=_encoding(content), column_names=found, skip_rows=0 if layout.names else 1, use_threads=False
        ),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char='"' if layout.quoted else False),
        convert_options=pa_csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            timestamp_parsers=list(_TIME_FORMATS),
            strings_can_be_null=True,
        ),
    )


def _encoding(content: bytes) -> str:
    """UTF-8 if it is that, else Latin-1: the two in which these data sets travel."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _with_name(message: str, names: Sequence[str]) -> str:
    """The parser's message with the column's name beside its number."""
    return re.sub(r"column #(\d+)", lambda match: f"column {names[int(match[1])]!r}", message)
