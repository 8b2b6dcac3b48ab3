"""The registry of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ImportEntry:
    """One import of history: its number, its name, when it began (epoch ms), and its counts once it is finished.

    The number is part of the position of every record of the import, so it never changes and is never reused. `files`
    has a digest of each file's content, and `times` the times of the first and the last event (epoch ms); both are None
    if not known. `void` is True once its records were voided in the log.
    """

    number: int
    import_id: str
    what: str
    began_at_ms: int
    counts: Mapping[str, int] | None = None
    files: tuple[str, ...] | None = None
    times: tuple[int, int] | None = None
    void: bool = False


class Imports(Protocol):
    """The registry of imports: the history in the log, by number."""

    def begin(
        self,
        import_id: str,
        what: str,
        now_ms: int,
        files: Sequence[str] | None = None,
        times: tuple[int, int] | None = None,
    ) -> ImportEntry:
        """Return the entry of an import that is not void, created with the next number if it is new.

        Raises UnavailableError.
        """

    def finish(self, number: int, counts: Mapping[str, int]) -> None:
        """Mark an import as complete, with its counts, unless it is. Raises NotFoundError, UnavailableError."""

    def void(self, number: int) -> None:
        """Mark an import as void, so that the same files get a new number. Raises NotFoundError, UnavailableError."""

    def entries(self) -> Sequence[ImportEntry]:
        """All imports, by number. Raises UnavailableError."""
