"""Folders for the data of one process, which are removed even if the process was killed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "millstream-"
LOCK = ".lock"
"""Held by the process that uses the folder; the system releases it when the process ends."""

YOUNG_S = 60
"""A folder without a lock may belong to a process that is about to take it."""


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """An empty folder, removed at the end. Removes those of processes that were killed, too."""
    remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{purpose}-") as name, (Path(name) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = Path(name) / "data"
        folder.mkdir()
        yield folder


def remove_abandoned() -> None:
    """Remove the folders that no process holds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return time.time() - folder.stat().st_mtime > YOUNG_S
    except OSError:  # held, gone, or without a lock: not one of ours
        return False
