"""Void an import: its records stay in the archive, but nothing that is built from the log uses them."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.application.collect.import_history import void_history
from millstream.application.ports import Clock, EventLog, Imports
from millstream_tools.ops.imports.earlier import entry_of


@dataclass(frozen=True)
class VoidImport:
    """Append HistoryVoided to the log, then mark the import in the registry; repeat it after an interruption."""

    log: EventLog
    clock: Clock
    imports: Imports

    def __call__(self, number: int) -> bool:
        """Return False if the import is void already. Raises UnknownImportError, UnavailableError."""
        if entry_of(number, self.imports.entries()).void:
            return False
        void_history(number, self.log, self.clock)
        self.imports.void(number)
        return True
