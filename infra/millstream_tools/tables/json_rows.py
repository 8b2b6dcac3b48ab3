"""Rows of JSON objects: one in each line, one after the other, spread over lines, or in an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

from millstream_tools.tables.form import Form
from millstream_tools.tables.json_values import JsonValues
from millstream_tools.tables.lines import Lines
from millstream_tools.tables.paths import rows_of
from millstream_tools.tables.rows import BadRow, Row

_KINDS = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean", NoneType: "null"}
"""What is no object, in JSON's words."""


class JsonRows:
    """The rows of one file of JSON objects; a missing name is an absent cell."""

    def __init__(self, path: Path, form: Form, wanted: Sequence[str]) -> None:
        self._lines = Lines(path, form.encoding)
        self._values = JsonValues(self._lines)
        self.total = self._lines.bytes
        self.header_lines = 0
        self._cells = rows_of(wanted, form.explode)

    @property
    def blank_lines(self) -> int:
        """See Rows."""
        return self._values.blank_lines

    def __iter__(self) -> Iterator[Row | BadRow]:
        """See Rows."""
        cells_of = self._cells
        with self._lines.report_bad_content():
            for line, lines, content, text, error, expected in self._values:
                if error or not isinstance(content, dict):
                    yield BadRow(line, expected, error or _KINDS[type(content)], text, lines)
                    continue
                for cells in cells_of(content):
                    yield Row(line, cells, text, lines)
                    lines = 0  # noqa: PLW2901  # the further rows of an object are on lines that were counted

    def names(self) -> tuple[str, ...]:
        """The names in all objects: what the first one lacks, a later one may have."""
        return tuple(dict.fromkeys(name for one in self.objects() for name in one))

    def objects(self) -> Iterator[dict[str, Any]]:
        """The objects themselves. Raises BadFileError."""
        with self._lines.report_bad_content():
            for value in self._values:
                if not value.error and isinstance(value.content, dict):
                    yield value.content

    def done(self) -> int:
        """See Rows."""
        return self._lines.done()

    def text(self, raw: Any) -> str:
        """See Rows."""
        return str(raw).strip()

    def close(self) -> None:
        """See Rows."""
        self._lines.close()
