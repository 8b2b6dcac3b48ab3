"""Import files into the log: read, get a number, archive, rebuild, finish. Repeat it after an interruption."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from millstream.application.collect.import_history import archive_history
from millstream.application.ports import Archive, Clock, ImportEntry, Imports
from millstream_tools.ops.imports.fingerprint import import_id
from millstream_tools.readers.reading import History, ReadHistory
from millstream_tools.readers.records import as_records
from millstream_tools.readers.tally import Tally
from millstream_tools.tables.errors import BadMappingError


@dataclass(frozen=True)
class Imported:
    """The result of an import. Without a tally, it was imported before and nothing was done."""

    entry: ImportEntry
    tally: Tally | None


@dataclass(frozen=True)
class ImportFiles:
    """Import files into a stack; `rebuild` rebuilds the views afterwards."""

    read: ReadHistory
    archive: Archive
    imports: Imports
    clock: Clock
    rebuild: Callable[[], object]

    def __call__(self, files: Sequence[Path]) -> Imported:
        """Raises ImportingError and OSError before anything is stored; after UnavailableError, import again."""
        if not self.read.mapping.timed:
            raise BadMappingError("columns.time: expected a column, since history needs times, got time.row_order")
        this = import_id(files, self.read.mapping, self.read.progress)
        known = next((entry for entry in self.imports.entries() if entry.import_id == this), None)
        if known is not None and known.counts is not None:
            return Imported(known, None)
        # By the clock of the first attempt, so that the same rows count as in the future.
        now_ms = self.clock.now_ms() if known is None else known.began_at_ms
        with tempfile.TemporaryDirectory(prefix="millstream-import-") as folder:
            history = self.read(files, now_ms, Path(folder))
            entry = self.imports.begin(this, ", ".join(path.name for path in files), now_ms)
            self._archive(history, entry.number)
        self.rebuild()
        self.imports.finish(this, history.tally.counts())
        return Imported(entry, history.tally)

    def _archive(self, history: History, number: int) -> None:
        with self.read.progress(f"Archiving import {number}", history.tally.events) as advance:
            for events in archive_history(as_records(history.rows), number, self.archive):
                advance(events)
