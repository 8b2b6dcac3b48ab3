"""Write rows as Parquet, with one row group in memory at a time.

Equal rows give equal bytes: row groups have a fixed number of rows, and the file contains no timestamp
(https://parquet.apache.org/docs/file-format/). Another version of pyarrow may write others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no type information
from pyarrow import parquet

ROW_GROUP_ROWS = 32_768
COMPRESSION = "zstd"

Row = tuple[Any, ...]


def write_parquet(rows: Iterable[Row], schema: pa.Schema, path: Path) -> int:
    """Write rows, each with a value per column of the schema; return their number."""
    count = 0
    with parquet.ParquetWriter(path, schema, compression=COMPRESSION) as file:
        for group in _in_groups(iter(rows)):
            columns = zip(zip(*group, strict=True), schema, strict=True)
            arrays = [pa.array(values, column.type) for values, column in columns]
            file.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=ROW_GROUP_ROWS)
            count += len(group)
    return count


def _in_groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(islice(rows, ROW_GROUP_ROWS)):
        yield group
