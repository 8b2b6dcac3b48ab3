"""Rows of files with "<user> <item> <item> ..." in each line: one row per item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from millstream_tools.tables.form import Form
from millstream_tools.tables.lines import LONGEST_LINE, Lines, LineTooLongError
from millstream_tools.tables.rows import BadRow, Row, places_of

COLUMNS = ("user", "item")


class SequenceRows:
    """The rows of one such file; every row of a line has the line's number."""

    def __init__(self, path: Path, form: Form, wanted: Sequence[str]) -> None:
        self._places = places_of(path, wanted, COLUMNS)
        self._lines = Lines(path, form.encoding)
        self.total = self._lines.bytes
        self.header_lines = self.blank_lines = 0

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        with self._lines.report_bad_content():
            while True:
                try:
                    line = next(self._lines)
                except StopIteration:
                    return
                except LineTooLongError:
                    yield BadRow(self._lines.number, f"a line of at most {LONGEST_LINE} characters", "a longer one", "")
                    continue
                user, *items = line.split() or [""]
                if user and not items:
                    yield BadRow(self._lines.number, "a user and items", line.strip(), line)
                self.blank_lines += not user
                for place, item in enumerate(items):
                    cells = (user, item)
                    yield Row(self._lines.number, [cells[one] for one in self._places], cells, int(not place))

    def done(self) -> int:
        """See Rows."""
        return self._lines.done()

    def text(self, raw: Any) -> str:
        """See Rows."""
        return raw.strip() if isinstance(raw, str) else " ".join(raw)

    def close(self) -> None:
        """See Rows."""
        self._lines.close()
