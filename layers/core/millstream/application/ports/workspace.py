"""Room for intermediate results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Workspace(Protocol):
    """Where a replay leaves its intermediate results; a name holds a whole result or nothing."""

    def put(self, name: str, data: bytes) -> None:
        """Keep some bytes under a name, in the place of what was there. Raises UnavailableError."""

    def get(self, name: str) -> bytes:
        """What is kept under a name. Raises NotFoundError, UnavailableError."""

    def names(self, prefix: str) -> Sequence[str]:
        """Every name that begins so, sorted. Raises UnavailableError."""

    def clear(self) -> None:
        """Forget everything. Raises UnavailableError."""
