"""The lines of one row at a time. Lines that turn out to belong to later rows are given back."""

from __future__ import annotations

from collections import deque

from millstream_tools.tables.lines import Lines, LineTooLongError

MOST_LINES = 100
"""Lines of one row: a quote that is still open then was never meant to span lines."""


class OpenQuoteError(ValueError):
    """A row has more lines than MOST_LINES, or a line that is too long: its quote is not closed."""


class RowLines:
    """An iterator over lines, between the file and the CSV parser."""

    def __init__(self, lines: Lines) -> None:
        self.number = 0
        self.taken: list[str] = []
        self._lines = lines
        self._back: deque[str | None] = deque()

    def __iter__(self) -> RowLines:
        return self

    def __next__(self) -> str:
        if len(self.taken) == MOST_LINES:
            raise OpenQuoteError("a quote that is not closed")
        line = self._back.popleft() if self._back else self._read()
        if line is None and self.taken:
            self._back.appendleft(None)
            raise OpenQuoteError("a quote that is not closed")
        self.number += 1
        if line is None:
            raise LineTooLongError
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Give back all lines of this row but the first, which is returned."""
        first, rest = self.taken[0], self.taken[1:]
        self._back.extendleft(reversed(rest))
        self.number -= len(rest)
        return first

    def _read(self) -> str | None:
        """The next line; None for one that is too long."""
        try:
            return next(self._lines)
        except LineTooLongError:
            return None
