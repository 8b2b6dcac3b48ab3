"""The registry of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ImportEntry:
    """One import of history: its number, its name, when it began (epoch ms), and its counts once it is finished.

    The number is part of the position of every record of the import, so it never changes and is never reused.
    """

    number: int
    import_id: str
    what: str
    began_at_ms: int
    counts: Mapping[str, int] | None = None


class Imports(Protocol):
    """The registry of imports: the history in the log, by number."""

    def begin(self, import_id: str, what: str, now_ms: int) -> ImportEntry:
        """Return the entry of an import, created with the next number if it is new. Raises UnavailableError."""

    def finish(self, import_id: str, counts: Mapping[str, int]) -> None:
        """Mark an import as complete, with its counts, unless it is. Raises NotFoundError, UnavailableError."""

    def entries(self) -> Sequence[ImportEntry]:
        """All imports, by number. Raises UnavailableError."""
