"""Writing folders atomically, and never over anything but a model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millstream.domain.errors import InvalidInputError
from millstream.scoring.model_folder import CARD, DECISIVE, SUMS

_FILES = {*DECISIVE, SUMS, CARD}
_NEW, _OLD = "new", "old"


def check_place(folder: Path) -> None:
    """Raise InvalidInputError if the folder contains anything but a model, because only models are replaced."""
    if folder.exists() and (unexpected := sorted(path.name for path in folder.iterdir() if path.name not in _FILES)):
        some = ", ".join(unexpected[:3]) + " …" * (len(unexpected) > 3)
        raise InvalidInputError(str(folder), "a new or empty folder, or a model folder to replace", some)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Yield a folder to write into. It replaces `folder` when the block ends, and is deleted if the block fails."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # In the same parent folder, because a rename is atomic only within one file system.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        written = Path(beside) / _NEW
        yield written
        if folder.exists():
            folder.rename(Path(beside) / _OLD)
        written.rename(folder)
