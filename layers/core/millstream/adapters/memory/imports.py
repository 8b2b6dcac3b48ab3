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
        self.begun: dict[str, ImportEntry] = {}
        self._one_at_a_time = threading.Lock()

    def begin(self, import_id: str, what: str, now_ms: int) -> ImportEntry:
        """See Imports."""
        with self._one_at_a_time:
            return self.begun.setdefault(import_id, ImportEntry(len(self.begun) + 1, import_id, what, now_ms))

    def finish(self, import_id: str, counts: Mapping[str, int]) -> None:
        """See Imports."""
        entry = self.begun.get(import_id)
        if entry is None:
            raise NotFoundError(f"import {import_id} does not exist")
        if entry.counts is None:
            self.begun[import_id] = replace(entry, counts=dict(counts))

    def entries(self) -> Sequence[ImportEntry]:
        """See Imports."""
        return sorted(self.begun.values(), key=lambda entry: entry.number)
