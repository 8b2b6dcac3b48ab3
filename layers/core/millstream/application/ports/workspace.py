"""Storage for intermediate results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Workspace(Protocol):
    """Storage for the intermediate results of a replay; writes are atomic."""

    def put(self, name: str, data: bytes) -> None:
        """Store bytes under a name, replacing earlier ones. Raises UnavailableError."""

    def get(self, name: str) -> bytes:
        """The bytes stored under a name. Raises NotFoundError, UnavailableError."""

    def names(self, prefix: str) -> Sequence[str]:
        """All names with the prefix, sorted. Raises UnavailableError."""

    def clear(self) -> None:
        """Delete everything. Raises UnavailableError."""
