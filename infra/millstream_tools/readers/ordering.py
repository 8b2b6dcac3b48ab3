"""External sorting of rows on disk, in bounded memory.

External merge sort as in Knuth, The Art of Computer Programming, volume 3, section 5.4, with runs as long as memory
allows and merges of up to 64. Recording times only increase in a log, so history is sorted by time before import.
"""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Iterable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

RUN_ROWS = 50_000
"""Rows sorted in memory at once: a few tens of megabytes."""

BLOCK_ROWS = 256
"""Rows of each run in memory during a merge."""

WIDTH = 64
"""Runs merged at once; a row is written again for each power of it."""

SortRow = tuple[Any, ...]
"""Numbers, strings, bytes, None, and lists and dicts of these; the first elements are the sort key."""


class SortedRows:
    """Sorts rows. Rows must differ: number them."""

    def __init__(self, folder: Path, run_rows: int = RUN_ROWS, width: int = WIDTH) -> None:
        self._folder = folder
        self._run_rows = run_rows
        self._width = width
        self._names = count()
        self._rows: list[SortRow] = []
        self._levels: list[list[Path]] = [[]]

    def add(self, row: SortRow) -> None:
        """Add a row."""
        self._rows.append(row)
        if len(self._rows) == self._run_rows:
            self._rows.sort()
            self._keep(self._write(self._rows), level=0)
            self._rows = []

    def __iter__(self) -> Iterator[SortRow]:
        self._rows.sort()
        runs = [_read(path) for level in self._levels for path in level]
        return heapq.merge(*runs, self._rows)

    def _keep(self, run: Path, level: int) -> None:
        """Add a run to those of its size, and merge them when there are many."""
        if level == len(self._levels):
            self._levels.append([])
        runs = self._levels[level]
        runs.append(run)
        if len(runs) == self._width:
            merged = self._write(heapq.merge(*map(_read, runs)))
            for path in runs:
                path.unlink()
            runs.clear()
            self._keep(merged, level + 1)

    def _write(self, rows: Iterable[SortRow]) -> Path:
        path = self._folder / f"run-{next(self._names)}"
        remaining = iter(rows)
        with path.open("wb") as file:
            while block := list(islice(remaining, BLOCK_ROWS)):
                marshal.dump(block, file)
        return path


def _read(path: Path) -> Iterator[SortRow]:
    with path.open("rb") as file:
        while True:
            try:
                block = marshal.load(file)  # noqa: S302  # only this process wrote the file
            except EOFError:
                return
            yield from block
