"""Rows of a Parquet file, a few thousand in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no type information
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]  # the same

from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.parquet_numbers import Single
from millstream_tools.tables.paths import rows_of
from millstream_tools.tables.rows import BadRow, Row, places_of

ROWS_A_BATCH = 4096
_READ_AHEAD_BYTES = 1 << 20


class ParquetRows:
    """The rows of one Parquet file; a "line" is the number of the row, from 1."""

    def __init__(self, path: Path, wanted: Sequence[str], explode: str | None = None) -> None:
        self._path = path
        self._done = 0
        self.header_lines = self.blank_lines = 0
        # Opened here and not by pyarrow, so that a missing file gives the same error as for other formats.
        self._file = path.open("rb")
        try:
            # A buffer, because without one pyarrow reads a whole column of a row group at once.
            self._parquet = pa_parquet.ParquetFile(self._file, buffer_size=_READ_AHEAD_BYTES, pre_buffer=False)
        except pa.ArrowException as error:
            raise BadFileError(f"{path}: expected a Parquet file: {error}") from error
        self.names = tuple(self._parquet.schema_arrow.names)
        tops = [self._top(name) for name in (*wanted, *([explode] if explode else []))]
        places_of(path, tops, self.names)
        self._read = list(dict.fromkeys(tops))
        # None if the cells are those of the columns as they are.
        self._cells = None if tops == list(wanted) else rows_of(wanted, explode)
        self.total = int(self._parquet.metadata.num_rows)

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        try:
            for batch in self._parquet.iter_batches(ROWS_A_BATCH, columns=self._read, use_threads=False):
                columns = [_cells(batch.column(name)) for name in self._read]
                for cells in zip(*columns, strict=True):
                    self._done += 1
                    if self._cells is None:
                        yield Row(self._done, cells, cells)
                        continue
                    lines = 1
                    for some in self._cells(dict(zip(self._read, cells, strict=True))):
                        yield Row(self._done, some, cells, lines)
                        lines = 0
        except (pa.ArrowException, OSError) as error:
            raise BadFileError(f"{self._path}: expected Parquet, got this after row {self._done}: {error}") from error

    def done(self) -> int:
        """See Rows."""
        return self._done

    def text(self, raw: Any) -> str:
        """See Rows."""
        return json.dumps(dict(zip(self._read, raw, strict=True)), ensure_ascii=False, default=str)

    def close(self) -> None:
        """See Rows."""
        self._file.close()

    def _top(self, name: str) -> str:
        """The column that has a dotted name; the name itself if it is a column, or if there is none."""
        head = name
        while head not in self.names and "." in head:
            head = head.rpartition(".")[0]
        return head if head in self.names else name


def _cells(column: Any) -> list[Any]:
    """A column as Python values; nanoseconds are dropped, binary strings are decoded as UTF-8."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values = list(column.to_pylist())
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        # Invalid bytes become lone surrogates, which the validation rejects.
        return [one if one is None else one.decode("utf-8", "surrogateescape") for one in values]
    if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
        return [one if one is None else Single(one) for one in values]
    return values
