"""Zips code so that the same files give the same bytes, on any machine and at any time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

Files = Mapping[PurePosixPath, bytes]
# The earliest time that a zip can hold.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16


def files_below(folder: Path) -> dict[PurePosixPath, bytes]:
    """The folder's files by path, without hidden and compiled ones."""
    return {
        PurePosixPath(path.relative_to(folder).as_posix()): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _skipped(path.relative_to(folder))
    }


def zip_of(files: Files) -> bytes:
    """A zip of the files. Stored, not deflated: compressed bytes differ between versions of zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(str(path), _NO_TIME)
            entry.external_attr = _READABLE_FILE
            entry.create_system = 3  # Unix, also when packed elsewhere
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _skipped(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts) or path.suffix == ".pyc"
