"""Models in folders, their registry in memory."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from freshet.application.ports import PublishedModel
from freshet.domain.errors import ConflictError, NotFoundError


class MemoryModelStore:
    """A ModelStore; the folders stay where they are, in the folder that it is given."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.registered: dict[str, PublishedModel] = {}
        self.serving: str | None = None

    def publish(self, model: PublishedModel, folder: Path) -> None:
        """See ModelStore."""
        if model.version in self.registered:
            raise ConflictError(f"model {model.version} is already published")
        shutil.copytree(folder, self.root / model.version)
        self.registered[model.version] = model

    def champion(self) -> str | None:
        """See ModelStore."""
        return self.serving

    def promote(self, version: str, expected: str | None) -> None:
        """See ModelStore."""
        if version not in self.registered:
            raise NotFoundError(f"model {version} was never published")
        if self.serving != expected:
            raise ConflictError(f"{self.serving} serves, not {expected}")
        self.serving = version

    def models(self) -> Sequence[PublishedModel]:
        """See ModelStore."""
        return sorted(self.registered.values(), key=lambda model: -model.created_at_ms)

    def fetch(self, version: str, into: Path) -> Path:
        """See ModelStore."""
        if version not in self.registered:
            raise NotFoundError(f"model {version} was never published")
        return Path(shutil.copytree(self.root / version, into / version, dirs_exist_ok=True))
