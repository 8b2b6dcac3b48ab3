"""A workspace in a local folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from millstream.domain.errors import NotFoundError

_UNFINISHED = ".part"


class FolderWorkspace:
    """A Workspace. Files are renamed to their names when they are complete."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes) -> None:
        """See Workspace. Raises OSError if the disk is full."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + _UNFINISHED)
        unfinished.write_bytes(data)
        unfinished.replace(path)

    def get(self, name: str) -> bytes:
        """See Workspace."""
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFoundError(f"nothing is stored under {name}") from None

    def names(self, prefix: str) -> Sequence[str]:
        """See Workspace."""
        below = self._folder / prefix.rpartition("/")[0]
        found = (
            Path(folder, file).relative_to(self._folder).as_posix()
            for folder, _, files in os.walk(below)
            for file in files
            if not file.endswith(_UNFINISHED)
        )
        return sorted(name for name in found if name.startswith(prefix))

    def clear(self) -> None:
        """See Workspace."""
        shutil.rmtree(self._folder, ignore_errors=True)
