"""Which data exactly: the digest that stands beside every figure."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from pathlib import Path

from millstream.learning.interactions import Interactions
from millstream.scoring import model_folder


def sha256_of(path: Path) -> str:
    """Of a file's bytes; of a folder, of the list of its files' digests and names, as `sha256sum` prints it.

    The list is in order of the paths inside the folder, so neither where the folder lies nor its file system matters.
    """
    if path.is_file():
        return model_folder.sha256_of(path)
    files = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    lines = [f"{sha256_of(file)}  {name}\n" for name, file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of_all(paths: Sequence[Path]) -> str:
    """Of one path, its own; of several, of the list of their digests, in their order."""
    digests = [sha256_of(path) for path in paths]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def sha256_of_content(files: Sequence[Path]) -> str:
    """Of the content of files, one after the other, uncompressed."""
    digest = hashlib.sha256()
    for path in files:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def sha256_of_rows(data: Interactions) -> str:
    """Of data that is no file: of its labels, codes and times, whatever the machine's order of bytes."""
    digest = hashlib.sha256("\0".join([*data.users, "", *data.items]).encode())
    for column, form in ((data.user, "<i8"), (data.item, "<i8"), (data.at, "<f8")):
        digest.update(column.astype(form).tobytes())
    return digest.hexdigest()
