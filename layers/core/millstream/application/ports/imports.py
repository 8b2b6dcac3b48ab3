"""Which history is in the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ImportEntry:
    """One import of history: its number, what it is called, when it began (epoch ms), its counts once it is finished.

    The number is part of the position of every record of the import, so it never changes and is never given again.
    """

    number: int
    import_id: str
    what: str
    began_at_ms: int
    counts: Mapping[str, int] | None = None


class Imports(Protocol):
    """The registry of imports: which history is in the log, and under which number."""

    def begin(self, import_id: str, what: str, now_ms: int) -> ImportEntry:
        """The entry of an import: as it was begun before, or new with the next number. Raises UnavailableError."""

    def finish(self, import_id: str, counts: Mapping[str, int]) -> None:
        """Say that all of it is in the log; what was said first stays. Raises NotFoundError, UnavailableError."""

    def entries(self) -> Sequence[ImportEntry]:
        """Every import that was ever begun, by number. Raises UnavailableError."""
