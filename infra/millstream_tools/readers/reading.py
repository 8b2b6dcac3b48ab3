"""Read files as events sorted by time: each row is an event or a reject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from millstream.application.replay.progress import Progress
from millstream.domain.declaration import NOTHING_DECLARED, Declaration
from millstream_tools.readers.events import EventReader, ReadEvent
from millstream_tools.readers.inputs import labels_of
from millstream_tools.readers.mapping import ColumnMapping
from millstream_tools.readers.ordering import SortedRows
from millstream_tools.readers.records import as_sort_row
from millstream_tools.readers.rejects import Reject
from millstream_tools.readers.tally import Tally
from millstream_tools.tables.errors import TooManyRejectsError
from millstream_tools.tables.opening import open_rows

ROWS_BETWEEN_REPORTS = 1_000

ANY_NUMBER = 2**63
"""Of rejects: however many there are, the other rows are used."""


@dataclass
class History:
    """The sorted events of an import, and the counts."""

    rows: SortedRows
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class ReadHistory:
    """Reads files by a mapping. `refuse` is called with each reject.

    More than `max_rejects` rejects are an error; None means up to as many as there are events, without those that the
    mapping asks for. `declared` are the attributes that its columns may fill.
    """

    mapping: ColumnMapping
    secret: bytes
    progress: Progress
    refuse: Callable[[Reject], None]
    max_rejects: int | None = None
    declared: Declaration = NOTHING_DECLARED

    def __call__(self, files: Sequence[Path], now_ms: int, folder: Path) -> History:
        """Read all rows, using an empty folder on disk. Raises BadFileError, TooManyRejectsError, OSError."""
        history = History(SortedRows(folder))
        reader = EventReader(self.mapping, self.secret, now_ms, self.declared)
        tally = history.tally
        tally.notes = reader.notes
        for path, label in zip(files, labels_of(files), strict=True):
            reader.begin_file()
            self._read(path, label, reader, history)
        if not tally.events:
            why = f"; the first: {tally.first_rejects[0]}" if tally.rejected else ""
            raise TooManyRejectsError(f"expected events, got {tally.rows:,} rows without a valid event{why}")
        if self.max_rejects is None:
            check_most(tally)
        return history

    def _read(self, path: Path, label: str, reader: EventReader, history: History) -> None:
        rows, tally = open_rows(path, self.mapping.form, self.mapping.wanted()), history.tally
        told = 0
        with closing(rows), self.progress(f"Reading {label}", rows.total) as advance:
            for row in rows:
                read = reader.read(label, row, rows.text)
                if isinstance(read, ReadEvent):
                    history.rows.add(as_sort_row(tally.events, read))
                    tally.count(read, row.lines)
                else:
                    tally.count_reject(read, row.lines)
                    self.refuse(read)
                    self._stop_if_too_many(read, tally.rejected)
                if not tally.rows % ROWS_BETWEEN_REPORTS:
                    advance(rows.done() - told)
                    told = rows.done()
            tally.header_lines += rows.header_lines
            tally.blank_lines += rows.blank_lines

    def _stop_if_too_many(self, reject: Reject, rejected: int) -> None:
        if self.max_rejects is not None and rejected > self.max_rejects:
            raise TooManyRejectsError(f"expected at most {self.max_rejects:,} rejected rows, got one more: {reject}")


def check_most(tally: Tally) -> None:
    """Raise TooManyRejectsError if more rows were rejected than read, without those that the mapping leaves out."""
    unasked = tally.rejected - tally.left_out
    if unasked > tally.events:
        first = next((reject for reject in tally.first_rejects if not reject.asked), tally.first_rejects[0])
        raise TooManyRejectsError(
            f"expected most rows to be events, got {unasked:,} rejected of {tally.rows:,} (to import the others: "
            f"--max-rejects {tally.rejected}); the first: {first}"
        )
