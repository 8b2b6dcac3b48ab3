"""Rows that became no event, each with its reason: a CSV file, so that it can be repaired and looked through."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO, Any, NamedTuple

COLUMNS = ("file", "line", "column", "expected", "got", "row")
LONGEST_ROW = 10_000
"""Characters of a row that the file keeps."""


class Reject(NamedTuple):
    """A row that is no event: where it is, which column is to blame, what was expected there and what came."""

    file: str
    line: int
    column: str
    expected: str
    got: str
    row: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: expected {self.expected}, got {self.got}"


class RejectFile:
    """The reject file, made when the first reject comes: no file, no reject."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None
        self._rows: Any = None

    def add(self, reject: Reject) -> None:
        """Write one down."""
        if self._file is None:
            # Escaped, because a row that is no text in its own encoding is one of the reasons to be here.
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._rows = csv.writer(self._file)
            self._rows.writerow(COLUMNS)
        self._rows.writerow(reject._replace(row=reject.row[:LONGEST_ROW]))

    def close(self) -> None:
        """What was added is in the file."""
        if self._file is not None:
            self._file.close()
