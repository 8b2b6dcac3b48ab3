"""Models in folders, their registry in memory."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from millstream.application.ports import OnUnreadable, PublishedModel, raise_unreadable
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.models.promotions import KEPT_PROMOTIONS, Promotion


class MemoryModelStore:
    """A ModelStore over a local folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._registered: dict[str, PublishedModel] = {}
        self._promoted: list[Promotion] = []
        self._one_at_a_time = threading.Lock()

    def publish(self, model: PublishedModel, folder: Path, advance: Callable[[int], object] = lambda _: None) -> None:
        """See ModelStore."""
        with self._one_at_a_time:
            if model.version in self._registered:
                raise ConflictError(f"model {model.version} is already published")
            self._copy(model.version, folder, advance)
            self._registered[model.version] = model

    def restore(self, version: str, folder: Path, advance: Callable[[int], object] = lambda _: None) -> None:
        """See ModelStore."""
        self._copy(self.model(version).version, folder, advance)

    def model(self, version: str) -> PublishedModel:
        """See ModelStore."""
        try:
            return self._registered[version]
        except KeyError:
            raise NotFoundError(f"model {version} was never published") from None

    def models(self, on_unreadable: OnUnreadable = raise_unreadable) -> Sequence[PublishedModel]:  # noqa: ARG002
        """See ModelStore."""
        return sorted(self._registered.values(), key=lambda model: -model.card.created_at_ms)

    def champion(self) -> str | None:
        """See ModelStore."""
        return self._promoted[-1].version if self._promoted else None

    def promotions(self) -> Sequence[Promotion]:
        """See ModelStore."""
        return tuple(self._promoted)

    def promote(self, promotion: Promotion) -> None:
        """See ModelStore."""
        self.model(promotion.version)
        with self._one_at_a_time:
            if not promotion.follows(self._promoted[-1] if self._promoted else None):
                raise ConflictError(f"{promotion.replaced or 'nothing'} no longer serves: another model was promoted")
            self._promoted = [*self._promoted, promotion][-KEPT_PROMOTIONS:]

    def files(self, version: str) -> Collection[str]:
        """See ModelStore."""
        folder = self._root / version
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    def _copy(self, version: str, folder: Path, advance: Callable[[int], object]) -> None:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            copy = self._root / version / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            advance(copy.stat().st_size)

    def fetch(self, version: str, into: Path) -> Path:
        """See ModelStore."""
        self.model(version)
        if not (self._root / version).is_dir():
            raise NotFoundError(f"the folder of model {version} is gone")
        return Path(shutil.copytree(self._root / version, into / version, dirs_exist_ok=True))
