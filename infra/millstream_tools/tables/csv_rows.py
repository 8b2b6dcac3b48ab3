"""Rows of CSV files with any delimiter, with or without quotes and header.

A quoted cell may span lines if it is closed within a bound and the row has the right number of cells. Otherwise its
quote is a stray one: the line is a bad row, and reading goes on with the next line.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form
from millstream_tools.tables.lines import LONGEST_LINE, Lines, LineTooLongError
from millstream_tools.tables.row_lines import OpenQuoteError, RowLines
from millstream_tools.tables.rows import BadRow, Row, places_of

FEWEST_CELLS_OF_A_ROW = 3
"""From this width on, lines inside a quoted cell that have exactly the row's number of cells are rows themselves."""

_WHOLE_CELLS = "quotes around whole cells, closed and doubled inside (if quotes mean nothing: --unquoted)"


class CsvRows:
    """The rows of one CSV file; a line number is that of the line on which the row begins."""

    def __init__(self, path: Path, form: Form, wanted: Sequence[str]) -> None:
        """`form` has a delimiter and says whether cells are quoted; see recognition."""
        self._delimiter = form.delimiter or ","
        self._file = Lines(path, form.encoding)
        self._lines = RowLines(self._file)
        self.total = self._file.bytes
        self.header_lines = self.blank_lines = 0
        self._split = self._splitter(form)
        with self._file.report_bad_content():
            self.names = form.header or self._header(path, typed=form.typed_header)
        self._width = len(self.names)
        self._pick = _picker(places_of(path, wanted, self.names))

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        lines, width, pick, split, forget = self._lines, self._width, self._pick, self._split, self._lines.taken.clear
        with self._file.report_bad_content():
            while True:
                forget()
                line = lines.number + 1
                try:
                    cells = next(split)
                except StopIteration:
                    return
                except (csv.Error, LineTooLongError, OpenQuoteError) as error:
                    yield self._bad(line, error)
                    continue
                if len(cells) == width and lines.number == line:
                    yield Row(line, pick(cells), cells)
                elif self._is_blank(cells):
                    self.blank_lines += 1
                else:
                    yield self._unusual(line, cells)

    def done(self) -> int:
        """See Rows."""
        return self._file.done()

    def text(self, raw: Any) -> str:
        """See Rows."""
        return raw.rstrip("\r\n") if isinstance(raw, str) else self._delimiter.join(raw)

    def close(self) -> None:
        """See Rows."""
        self._file.close()

    def _unusual(self, line: int, cells: list[str]) -> Row | BadRow:
        """A row of several lines, or with a wrong number of cells."""
        lines = self._lines.number + 1 - line
        if len(cells) == self._width and not self._swallows_rows():
            return Row(line, self._pick(cells), cells, lines)
        if lines == 1:
            return BadRow(line, f"{self._width} cells", f"{len(cells)}", cells)
        return BadRow(line, _WHOLE_CELLS, f"a quote that is not closed before line {line + 1}", self._lines.give_back())

    def _swallows_rows(self) -> bool:
        """Whether every further line of the row would be a row of its own."""
        return self._width >= FEWEST_CELLS_OF_A_ROW and all(
            line.count(self._delimiter) == self._width - 1 for line in self._lines.taken[1:]
        )

    def _bad(self, line: int, error: Exception) -> BadRow:
        if isinstance(error, LineTooLongError):
            return BadRow(line, f"a line of at most {LONGEST_LINE} characters", "a longer one", "")
        if "field limit" in str(error) and len(self._lines.taken) == 1:
            return BadRow(line, f"cells of at most {csv.field_size_limit()} characters", "a longer one", "")
        return BadRow(line, _WHOLE_CELLS, str(error), self._lines.give_back())

    def _is_blank(self, cells: list[str]) -> bool:
        return not cells or (self._width > 1 and len(cells) == 1 and cells[0].isspace() and len(self._lines.taken) == 1)

    def _splitter(self, form: Form) -> Iterator[list[str]]:
        if len(self._delimiter) > 1:
            return _SplitLines(self._lines, self._delimiter)
        if form.quoted is False:
            return csv.reader(self._lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)

    def _header(self, path: Path, *, typed: bool) -> tuple[str, ...]:
        names: list[str] = []
        why = "got none"
        while not names:
            self._lines.taken.clear()
            try:
                names = next(self._split)
            except StopIteration:
                break
            except (csv.Error, LineTooLongError, OpenQuoteError) as error:
                why = f"got a line that cannot be split ({error or 'too long'})"
                break
            self.blank_lines += not names
        if not names:
            raise BadFileError(f"{path}: expected column names in the first line, {why}")
        self.header_lines = self._lines.number - self.blank_lines
        return tuple(name.partition(":")[0] if typed else name.strip() for name in names)


class _SplitLines:
    """Like csv.reader, for delimiters of several characters, without quotes."""

    def __init__(self, lines: RowLines, delimiter: str) -> None:
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
