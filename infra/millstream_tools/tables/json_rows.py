"""Rows of JSON lines: one object per line, with columns by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from millstream_tools.tables.form import Form
from millstream_tools.tables.lines import LONGEST_LINE, Lines, LineTooLongError
from millstream_tools.tables.rows import BadRow, Row


class JsonRows:
    """The rows of one file of JSON lines; a missing name is an absent cell."""

    def __init__(self, path: Path, form: Form, wanted: Sequence[str]) -> None:
        self._lines = Lines(path, form.encoding)
        self.total = self._lines.bytes
        self._wanted = wanted

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        with self._lines.report_bad_gzip():
            while True:
                try:
                    line = next(self._lines)
                except StopIteration:
                    return
                except LineTooLongError:
                    yield BadRow(self._lines.number, f"a line of at most {LONGEST_LINE} characters", "a longer one", "")
                    continue
                if not line.isspace():
                    yield self._row(line)

    def first_names(self) -> tuple[str, ...]:
        """The names in the first object; empty if there is none."""
        for row in self:
            if isinstance(row, Row):
                return tuple(json.loads(row.raw))
        return ()

    def done(self) -> int:
        """See Rows."""
        return self._lines.done()

    def text(self, raw: Any) -> str:
        """See Rows."""
        return str(raw).strip()

    def close(self) -> None:
        """See Rows."""
        self._lines.close()

    def _row(self, line: str) -> Row | BadRow:
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            return BadRow(self._lines.number, "a JSON object", str(error), line)
        if not isinstance(content, dict):
            return BadRow(self._lines.number, "a JSON object", type(content).__name__, line)
        return Row(self._lines.number, [content.get(name) for name in self._wanted], line)
