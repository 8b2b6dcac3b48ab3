"""Rejected rows with their reasons, as a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO, Any, NamedTuple

COLUMNS = ("file", "line", "column", "expected", "got", "row")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_ROW = 10_000
"""Characters of a row that the file contains."""


class Reject(NamedTuple):
    """A rejected row: its file and line, the invalid column, the expected and the actual value.

    `asked` is True if the mapping leaves such rows out.
    """

    file: str
    line: int
    column: str
    expected: str
    got: str
    row: str
    asked: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: expected {self.expected}, got {self.got}"


class RejectFile:
    """The reject file, created at the first reject."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None
        self._rows: Any = None

    @property
    def exists(self) -> bool:
        """Whether there was a reject."""
        return self._file is not None

    def add(self, reject: Reject) -> None:
        """Write a reject."""
        if self._file is None:
            # Escaped, because rows may be rejected for invalid encoding.
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._rows = csv.writer(self._file)
            self._rows.writerow(COLUMNS)
        cells = reject._replace(row=reject.row[:LONGEST_ROW])[: len(COLUMNS)]
        self._rows.writerow([_harmless(cell) for cell in cells])

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _harmless(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula, after a quote, which makes it text there.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
