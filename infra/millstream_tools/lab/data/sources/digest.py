"""Which data exactly: the digest that stands beside every figure."""

from __future__ import annotations

import hashlib
from pathlib import Path

from millstream_tools.lab.data.interactions import Interactions


def sha256_of(path: Path) -> str:
    """Of a file's bytes; of a folder, of the list of its files' digests and names, as `sha256sum` prints it.

    The list is in order of the paths inside the folder, so neither where the folder lies nor its file system matters.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    lines = [f"{sha256_of(file)}  {name}\n" for name, file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of_rows(data: Interactions) -> str:
    """Of data that is no file: of its labels, codes and times, whatever the machine's order of bytes."""
    digest = hashlib.sha256("\0".join([*data.users, "", *data.items]).encode())
    for column, form in ((data.user, "<i8"), (data.item, "<i8"), (data.at, "<f8")):
        digest.update(column.astype(form).tobytes())
    return digest.hexdigest()
