"""Import files into the log: read, get a number, archive, rebuild, finish. Repeat it after an interruption."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from millstream.application.collect.import_history import archive_history
from millstream.application.ports import Archive, Clock, ImportEntry, Imports
from millstream_tools.ops.imports.earlier import NotReplacedError, check_new, entry_of, overlapping
from millstream_tools.ops.imports.fingerprint import fingerprint_of
from millstream_tools.ops.imports.voiding import VoidImport
from millstream_tools.readers.reading import History, ReadHistory
from millstream_tools.readers.records import as_records
from millstream_tools.readers.tally import Tally
from millstream_tools.scratch import scratch_folder
from millstream_tools.tables.errors import BadMappingError

FILES_NAMED = 20


@dataclass(frozen=True)
class Imported:
    """The result of an import. Without a tally, it was in the log before, and nothing was added.

    `overlapping` are earlier imports with events that are later than this import's first.
    """

    entry: ImportEntry
    tally: Tally | None
    overlapping: Sequence[ImportEntry] = ()


@dataclass(frozen=True)
class ImportFiles:
    """Import files into a stack; `rebuild` rebuilds the views afterwards.

    `behind` gives the numbers of the imports that the views do not follow. Files that are in the log under another
    mapping are refused, unless `again`.
    """

    read: ReadHistory
    archive: Archive
    imports: Imports
    clock: Clock
    rebuild: Callable[[], object]
    behind: Callable[[], Collection[int]]
    void: VoidImport
    again: bool = False

    def __call__(self, files: Sequence[Path], replaces: int | None = None) -> Imported:
        """Import files; with `replaces`, in place of that import, which is voided.

        Raises ImportingError and OSError before anything is stored; after UnavailableError, import again.
        """
        if not self.read.mapping.timed:
            raise BadMappingError("columns.time: expected a column, since history needs times, got time.row_order")
        entries = self.imports.entries()
        old = None if replaces is None else entry_of(replaces, entries)
        this = fingerprint_of(files, self.read.mapping, self.read.progress)
        known = next((entry for entry in entries if entry.import_id == this.import_id and not entry.void), None)
        if old is not None and (known == old or (known is None and old.void)):
            raise NotReplacedError(old)
        if not self.again and (known is None or known.counts is None):
            check_new(this.files, files, [entry for entry in entries if entry not in (old, known)])
        if known is not None and known.counts is not None:
            voided = old is not None and self.void(old.number)
            if voided or not {known.number, replaces}.isdisjoint(self.behind()):
                self.rebuild()
            return Imported(known, None)
        # By the clock of the first attempt, so that the same rows count as in the future.
        now_ms = self.clock.now_ms() if known is None else known.began_at_ms
        with scratch_folder("import") as folder:
            history = self.read(files, now_ms, folder)
            tally = history.tally
            entry = self.imports.begin(this.import_id, _named(files), now_ms, this.files, tally.times)
            self._archive(history, entry.number)
        if old is not None:
            self.void(old.number)
        self.rebuild()
        self.imports.finish(entry.number, tally.counts())
        return Imported(entry, tally, overlapping(entry, self.imports.entries()))

    def _archive(self, history: History, number: int) -> None:
        with self.read.progress(f"Archiving import {number}", history.tally.events) as advance:
            for events in archive_history(as_records(history.rows), number, self.archive):
                advance(events)


def _named(files: Sequence[Path]) -> str:
    """The names of the files, of many only the first."""
    names = [path.name for path in files]
    more = [f"{len(names) - FILES_NAMED:,} more"] if len(names) > FILES_NAMED else []
    return ", ".join([*names[:FILES_NAMED], *more])
