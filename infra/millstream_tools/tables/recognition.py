"""Recognise the format of a file from its name and its first bytes, as far as it was not told."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from millstream_tools.tables.contents import (
    SAMPLE_BYTES,
    check_readable,
    encoding_of,
    is_gzipped,
    is_parquet,
    sample_of,
)
from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form, Kind
from millstream_tools.tables.rows import ending

_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".dat", ".data", ".inter"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
"""The kinds of files by suffix; of a file with another suffix, or without one, the first bytes decide."""

_TABBED = (".tsv", ".inter", ".data")
_DELIMITERS = (",", ";", "\t", "|")


def recognised(path: Path, form: Form) -> Form:
    """The form with kind, delimiter and quoting, each as told or as recognised. Raises BadFileError, OSError."""
    form = replace(form, kind=kind_of(path, form))
    if form.kind != "csv" or (form.delimiter is not None and (form.quoted is not None or len(form.delimiter) > 1)):
        return form
    try:
        lines = _first_lines(path, form)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFileError(f"{path}: expected a gzip file, got a truncated or corrupt one at its beginning") from error
    usual = "\t" if ending(path) in _TABBED else ","
    delimiters = (form.delimiter,) if form.delimiter else (usual, *(one for one in _DELIMITERS if one != usual))
    # Of equally good ones the first: the usual delimiter of the suffix.
    delimiter = max(delimiters, key=lambda one: _split_by(lines, one, form).score)
    return replace(form, delimiter=delimiter, quoted=_is_quoted(lines, delimiter, form))


def kind_of(path: Path, form: Form) -> Kind:
    """The kind of a file: as told, by its suffix, or by its first bytes. Raises BadFileError, OSError."""
    check_readable(path)
    kind = form.kind or _KINDS.get(ending(path))
    if kind is None:
        kind = "parquet" if is_parquet(path) else _kind_of_text(path)
    if kind == "parquet" and is_gzipped(path):
        raise BadFileError(f"{path}: expected a Parquet file, which compresses internally, got a gzipped one")
    return kind


def _kind_of_text(path: Path) -> Kind:
    try:
        begin = sample_of(path).decode(encoding_of(path), errors="replace").lstrip("\ufeff \t\r\n")
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return "csv"  # whose reader says what is wrong
    return "jsonl" if begin.startswith(("{", "[")) else "csv"


def _first_lines(path: Path, form: Form) -> list[str]:
    sample = sample_of(path)
    text = sample.decode(form.encoding or encoding_of(path), errors="replace").removeprefix("\ufeff")
    lines = text.splitlines(keepends=True)
    is_cut = len(sample) == SAMPLE_BYTES and len(lines) > 1
    return lines[:-1] if is_cut else lines


class _Split(NamedTuple):
    """How well lines split: the number of cells of the first row, and how many rows have another one."""

    cells: int
    bad: int

    @property
    def score(self) -> tuple[bool, int, int]:
        return self.cells > 1, -self.bad, self.cells


def _is_quoted(lines: Sequence[str], delimiter: str, form: Form) -> bool:
    """Whether quotes enclose cells. Only tabs are often used without: there, if all rows split better without."""
    if form.quoted is not None or delimiter != "\t":
        return form.quoted is not False
    without = _split_by(lines, delimiter, replace(form, quoted=False))
    return without.bad > 0 or _split_by(lines, delimiter, replace(form, quoted=True)).bad == 0


def _split_by(lines: Sequence[str], delimiter: str, form: Form) -> _Split:
    without = form.quoted is False
    reader = csv.reader(
        lines, delimiter=delimiter, strict=True, quoting=csv.QUOTE_NONE if without else csv.QUOTE_MINIMAL
    )
    widths: list[int] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            cells = ["a row that cannot be split"]
        if cells:
            widths.append(len(cells))
    first = len(form.header) if form.header else widths[0] if widths else 0
    return _Split(first, sum(one != first for one in widths))
