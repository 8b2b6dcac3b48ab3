"""Rows of CSV files with any delimiter, with or without quotes and header."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form
from millstream_tools.tables.lines import LONGEST_LINE, Lines, LineTooLongError
from millstream_tools.tables.rows import BadRow, Row, ending, places_of

_TABBED = (".tsv", ".inter", ".data")


class CsvRows:
    """The rows of one CSV file; a line number is that of the line on which the row begins."""

    def __init__(self, path: Path, form: Form, wanted: Sequence[str]) -> None:
        self._delimiter = form.delimiter or ("\t" if ending(path) in _TABBED else ",")
        self._lines = Lines(path, form.encoding)
        self.total = self._lines.bytes
        self._split = self._splitter(form)
        with self._lines.report_bad_gzip():
            self.names = form.header or self._header(path, typed=form.typed_header)
        self._width = len(self.names)
        self._pick = _picker(places_of(path, wanted, self.names))

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        with self._lines.report_bad_gzip():
            while True:
                line = self._lines.number + 1
                try:
                    cells = next(self._split)
                except StopIteration:
                    return
                except (csv.Error, LineTooLongError) as error:
                    yield BadRow(line, f"a row of lines of at most {LONGEST_LINE} characters", str(error), ())
                    continue
                if len(cells) == self._width:
                    yield Row(line, self._pick(cells), cells)
                elif cells:
                    yield BadRow(line, f"{self._width} cells", f"{len(cells)}", cells)

    def done(self) -> int:
        """See Rows."""
        return self._lines.done()

    def text(self, raw: Any) -> str:
        """See Rows."""
        return self._delimiter.join(raw)

    def close(self) -> None:
        """See Rows."""
        self._lines.close()

    def _splitter(self, form: Form) -> Iterator[list[str]]:
        if len(self._delimiter) > 1:
            return _SplitLines(self._lines, self._delimiter)
        if form.quoted:
            return csv.reader(self._lines, delimiter=self._delimiter)
        return csv.reader(self._lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE)

    def _header(self, path: Path, *, typed: bool) -> tuple[str, ...]:
        try:
            names = next(self._split, [])
        except (csv.Error, LineTooLongError):
            names = []
        if not names:
            raise BadFileError(f"{path}: expected column names in the first line, got none")
        return tuple(name.partition(":")[0] if typed else name.strip() for name in names)


class _SplitLines:
    """Like csv.reader, for delimiters of several characters, without quotes."""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        line = next(self._lines).rstrip("\r\n")
        return line.split(self._delimiter) if line else []


def _picker(places: Sequence[int]) -> Callable[[list[str]], Sequence[str]]:
    """Selects the wanted cells, always as a sequence, unlike itemgetter for a single one."""
    if len(places) < 2:
        return lambda cells: tuple(cells[place] for place in places)
    return itemgetter(*places)
