"""Open files with the reader for their format."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form
from millstream_tools.tables.recognition import recognised
from millstream_tools.tables.rows import Rows


def open_rows(path: Path, form: Form, wanted: Sequence[str]) -> Rows:
    """The rows of a file with the wanted columns, in this order.

    Raises BadFileError for an unknown format or a missing column, OSError for a missing file.
    """
    # Imported here because pyarrow is slow to import and most files do not need it.
    form = recognised(path, form)
    if form.explode is not None and form.kind in ("csv", "sequences"):
        raise BadFileError(
            f"{path}: expected JSON or Parquet, whose rows have the list {form.explode}, got {form.kind}"
        )
    if form.kind == "parquet":
        from millstream_tools.tables.parquet_rows import ParquetRows

        return ParquetRows(path, wanted, form.explode)
    if form.kind == "jsonl":
        from millstream_tools.tables.json_rows import JsonRows

        return JsonRows(path, form, wanted)
    if form.kind == "sequences":
        from millstream_tools.tables.sequence_rows import SequenceRows

        return SequenceRows(path, form, wanted)
    from millstream_tools.tables.csv_rows import CsvRows

    return CsvRows(path, form, wanted)


def column_names(path: Path, form: Form) -> tuple[str, ...]:
    """The columns of a file; of JSON, the names in all objects. Raises BadFileError, OSError."""
    form = recognised(path, form)
    if form.kind == "jsonl":
        from millstream_tools.tables.json_rows import JsonRows

        with closing(JsonRows(path, form, ())) as rows:
            return rows.names()
    if form.kind == "parquet":
        from millstream_tools.tables.parquet_rows import ParquetRows

        with closing(ParquetRows(path, ())) as columns:
            return columns.names
    if form.kind == "sequences":
        from millstream_tools.tables.sequence_rows import COLUMNS

        return COLUMNS
    from millstream_tools.tables.csv_rows import CsvRows

    with closing(CsvRows(path, form, ())) as table:
        return table.names
