"""The registry of imports in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from millstream.application.ports import ImportEntry
from millstream.domain.errors import NotFoundError


class MemoryImports:
    """An Imports."""

    def __init__(self) -> None:
        self.begun: dict[int, ImportEntry] = {}
        self._one_at_a_time = threading.Lock()

    def begin(
        self,
        import_id: str,
        what: str,
        now_ms: int,
        files: Sequence[str] | None = None,
        times: tuple[int, int] | None = None,
    ) -> ImportEntry:
        """See Imports."""
        with self._one_at_a_time:
            for entry in self.begun.values():
                if entry.import_id == import_id and not entry.void:
                    return entry
            number = len(self.begun) + 1
            digests = None if files is None else tuple(files)
            return self.begun.setdefault(
                number, ImportEntry(number, import_id, what, now_ms, files=digests, times=times)
            )

    def finish(self, number: int, counts: Mapping[str, int]) -> None:
        """See Imports."""
        entry = self._entry(number)
        if entry.counts is None:
            self.begun[number] = replace(entry, counts=dict(counts))

    def void(self, number: int) -> None:
        """See Imports."""
        self.begun[number] = replace(self._entry(number), void=True)

    def entries(self) -> Sequence[ImportEntry]:
        """See Imports."""
        return sorted(self.begun.values(), key=lambda entry: entry.number)

    def _entry(self, number: int) -> ImportEntry:
        entry = self.begun.get(number)
        if entry is None:
            raise NotFoundError(f"import {number} does not exist")
        return entry
