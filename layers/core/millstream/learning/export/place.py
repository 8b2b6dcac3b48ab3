"""The folder that a model is written into: whole or not at all, and never over anything but a model."""

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
    """Raises InvalidInputError where something lies there that is no model: a model is replaced, nothing else is."""
    if folder.exists() and (unexpected := sorted(path.name for path in folder.iterdir() if path.name not in _FILES)):
        some = ", ".join(unexpected[:3]) + " …" * (len(unexpected) > 3)
        raise InvalidInputError(str(folder), "a new or empty folder, or a model's, which is replaced", some)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the place of `folder` when the block ends, and is gone if it fails."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, because a folder is renamed at once only within its own disk.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        written = Path(beside) / _NEW
        yield written
        if folder.exists():
            folder.rename(Path(beside) / _OLD)
        written.rename(folder)
