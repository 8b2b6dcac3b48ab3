"""Rows of a Parquet file, a few thousand in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no type information
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]  # the same

from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.rows import BadRow, Row, places_of

ROWS_A_BATCH = 4096
_READ_AHEAD_BYTES = 1 << 20


class ParquetRows:
    """The rows of one Parquet file; a "line" is the number of the row, from 1."""

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        self._path = path
        self._wanted = list(wanted)
        self._done = 0
        # Opened here and not by pyarrow, so that a missing file gives the same error as for other formats.
        self._file = path.open("rb")
        try:
            # A buffer, because without one pyarrow reads a whole column of a row group at once.
            self._parquet = pa_parquet.ParquetFile(self._file, buffer_size=_READ_AHEAD_BYTES, pre_buffer=False)
        except pa.ArrowException as error:
            raise BadFileError(f"{path}: expected a Parquet file: {error}") from error
        self.names = tuple(self._parquet.schema_arrow.names)
        places_of(path, wanted, self.names)
        self.total = int(self._parquet.metadata.num_rows)

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        try:
            for batch in self._parquet.iter_batches(ROWS_A_BATCH, columns=self._wanted, use_threads=False):
                columns = [_cells(batch.column(name)) for name in self._wanted]
                for cells in zip(*columns, strict=True):
                    self._done += 1
                    yield Row(self._done, cells, cells)
        except (pa.ArrowException, OSError) as error:
            raise BadFileError(f"{self._path}: expected Parquet, got this after row {self._done}: {error}") from error

    def done(self) -> int:
        """See Rows."""
        return self._done

    def text(self, raw: Any) -> str:
        """See Rows."""
        return json.dumps(dict(zip(self._wanted, raw, strict=True)), ensure_ascii=False, default=str)

    def close(self) -> None:
        """See Rows."""
        self._file.close()


def _cells(column: Any) -> list[Any]:
    """A column as Python values; nanoseconds are dropped."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())
