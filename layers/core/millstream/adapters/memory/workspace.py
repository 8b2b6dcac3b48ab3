"""A workspace in memory."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.domain.errors import NotFoundError


class MemoryWorkspace:
    """A Workspace."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        """See Workspace."""
        self.kept[name] = data

    def get(self, name: str) -> bytes:
        """See Workspace."""
        if name not in self.kept:
            raise NotFoundError(f"nothing is stored under {name}")
        return self.kept[name]

    def names(self, prefix: str) -> Sequence[str]:
        """See Workspace."""
        return sorted(name for name in self.kept if name.startswith(prefix))

    def clear(self) -> None:
        """See Workspace."""
        self.kept.clear()
