"""The rows of a file, one after the other, whatever the file is: memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from millstream_tools.ops.imports.errors import BadFileError
from millstream_tools.ops.imports.mapping import Form, Kind

_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".dat", ".data", ".inter"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}


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
        ...

    def done(self) -> int:
        """How much of the total is read."""
        ...

    def text(self, raw: Any) -> str:
        """A row as the file has it, in one string."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_rows(path: Path, form: Form, wanted: Sequence[str]) -> Rows:
    """The rows of a file with the wanted columns, in this order.

    Raises BadFileError where the file is of no known kind or lacks a column, OSError where there is none.
    """
    # Here, because pyarrow is slow to import and most files do not need it.
    kind = kind_of(path, form)
    if kind == "parquet":
        from millstream_tools.ops.imports.parquet_rows import ParquetRows

        return ParquetRows(path, wanted)
    if kind == "jsonl":
        from millstream_tools.ops.imports.json_rows import JsonRows

        return JsonRows(path, form, wanted)
    from millstream_tools.ops.imports.csv_rows import CsvRows

    return CsvRows(path, form, wanted)


def kind_of(path: Path, form: Form) -> Kind:
    """What a file is, by its mapping or by its ending. Raises BadFileError."""
    kind = form.kind or _KINDS.get(ending(path))
    if kind is None:
        known = ", ".join(_KINDS)
        raise BadFileError(f"{path}: expected a file that ends in {known} (and .gz), or a mapping with format.kind")
    if kind == "parquet" and path.suffix == ".gz":
        raise BadFileError(f"{path}: expected Parquet as it is, since it is compressed inside, got it inside gzip")
    return kind


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
