"""What people name as input: files, folders of files, and standard input."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from millstream_tools.tables.errors import BadFileError

STANDARD_INPUT = Path("-")
MOST_FILES = 10_000
"""Files of one import: the digests of all of them are in one row of the registry."""

_HIDDEN = (".", "_")
"""Prefixes of names that are no data in a folder: .DS_Store, _SUCCESS, .part-0.crc."""


def files_of(named: Sequence[Path], standard_input: IO[bytes], folder: Path) -> list[Path]:
    """The files themselves: those of a folder and its folders by name, and standard input as a file in `folder`.

    Empty and hidden files of a folder are no data. Raises BadFileError.
    """
    found: list[Path] = []
    for path in named:
        if path == STANDARD_INPUT:
            found.append(_kept(standard_input, folder))
        elif path.is_dir():
            found += _inside(path)
        else:
            found.append(path)
    if len(found) > MOST_FILES:
        raise BadFileError(f"expected at most {MOST_FILES:,} files at once, got {len(found):,}: import some at a time")
    return found


def labels_of(files: Sequence[Path]) -> list[str]:
    """A short name for each file: its own or, if another file has the same, its path."""
    names = Counter(path.name for path in files)
    return [str(path) if names[path.name] > 1 else path.name for path in files]


def _inside(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    data = [path for path in paths if not _is_hidden(path.relative_to(folder)) and path.stat().st_size]
    if not data:
        raise BadFileError(f"{folder}: expected a folder with files, got none that has content")
    return data


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(_HIDDEN) for part in path.parts)


def _kept(standard_input: IO[bytes], folder: Path) -> Path:
    """Standard input as a file, because it is read more than once."""
    path = folder / "standard input"
    if path.exists():
        raise BadFileError("expected - for standard input once, got it twice")
    with path.open("wb") as file:
        shutil.copyfileobj(standard_input, file)
    if not path.stat().st_size:
        raise BadFileError("standard input is empty")
    return path
