"""Open files with the reader for their format."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form, Kind
from millstream_tools.tables.rows import Rows, ending

_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".dat", ".data", ".inter"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}


def open_rows(path: Path, form: Form, wanted: Sequence[str]) -> Rows:
    """The rows of a file with the wanted columns, in this order.

    Raises BadFileError for an unknown format or a missing column, OSError for a missing file.
    """
    # Imported here because pyarrow is slow to import and most files do not need it.
    kind = kind_of(path, form)
    if kind == "parquet":
        from millstream_tools.tables.parquet_rows import ParquetRows

        return ParquetRows(path, wanted)
    if kind == "jsonl":
        from millstream_tools.tables.json_rows import JsonRows

        return JsonRows(path, form, wanted)
    if kind == "sequences":
        from millstream_tools.tables.sequence_rows import SequenceRows

        return SequenceRows(path, form, wanted)
    from millstream_tools.tables.csv_rows import CsvRows

    return CsvRows(path, form, wanted)


def column_names(path: Path, form: Form) -> tuple[str, ...]:
    """The columns of a file; of JSON lines, the names of the first object. Raises BadFileError, OSError."""
    kind = kind_of(path, form)
    if kind == "jsonl":
        from millstream_tools.tables.json_rows import JsonRows

        with closing(JsonRows(path, form, ())) as rows:
            return rows.first_names()
    if kind == "parquet":
        from millstream_tools.tables.parquet_rows import ParquetRows

        with closing(ParquetRows(path, ())) as columns:
            return columns.names
    from millstream_tools.tables.csv_rows import CsvRows

    with closing(CsvRows(path, form, ())) as table:
        return table.names


def kind_of(path: Path, form: Form) -> Kind:
    """The format of a file, by its mapping or by its suffix. Raises BadFileError."""
    kind = form.kind or _KINDS.get(ending(path))
    if kind is None:
        known = ", ".join(_KINDS)
        raise BadFileError(f"{path}: expected a file that ends in {known} (and .gz), or a mapping with format.kind")
    if kind == "parquet" and path.suffix == ".gz":
        raise BadFileError(f"{path}: expected a Parquet file, which compresses internally, got a gzipped one")
    return kind
