"""What a file is, by its first bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

from millstream_tools.tables.errors import BadFileError

SAMPLE_BYTES = 1 << 16
"""Bytes that recognition looks at."""

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_UNREADABLE = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save the sheet as CSV",
    b"BZh": "a bzip2 file: unpack it with bunzip2",
    b"\xfd7zXZ\x00": "an xz file: unpack it with unxz",
    b"\x28\xb5\x2f\xfd": "a zstd file: unpack it with unzstd",
    b"\xd0\xcf\x11\xe0": "a spreadsheet: save it as CSV",
    b"SQLite format 3": "a SQLite database: export the table as CSV",
    b"ORC": "an ORC file: convert it to Parquet",
    b"Obj\x01": "an Avro file: convert it to Parquet",
}
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
"""Byte order marks. Without one, text is UTF-8: another encoding cannot be recognised for sure, so it is told."""


def is_gzipped(path: Path) -> bool:
    """Whether the file is gzipped, by its name or its first bytes."""
    return path.suffix.lower() == ".gz" or _head(path, len(_GZIP)) == _GZIP


def is_parquet(path: Path) -> bool:
    """Whether the file is Parquet, by its first bytes."""
    return _head(path, len(_PARQUET)) == _PARQUET


def check_readable(path: Path) -> None:
    """Raise BadFileError with the remedy for a file of a known format that is not read."""
    if path.is_dir():
        raise BadFileError(f"{path}: expected a file, got a folder")
    head = _head(path, 16)
    for mark, what in _UNREADABLE.items():
        if head.startswith(mark):
            raise BadFileError(f"{path}: expected CSV, JSON or Parquet, got {what}")


def sample_of(path: Path) -> bytes:
    """The first bytes of a file, decompressed. Raises EOFError, BadGzipFile, zlib.error for a corrupt gzip file."""
    if not is_gzipped(path):
        return _head(path, SAMPLE_BYTES)
    with gzip.open(path) as file:
        return file.read(SAMPLE_BYTES)


def encoding_of(path: Path) -> str:
    """The encoding that a file's byte order mark names, UTF-16 by its zeros, or UTF-8. Raises the same errors."""
    sample = sample_of(path)
    marked = next((name for mark, name in _MARKS.items() if sample.startswith(mark)), None)
    return marked or _without_mark(sample)


def _without_mark(sample: bytes) -> str:
    """Text in UTF-16 has a zero in every other byte of its Latin letters, digits and delimiters; UTF-8 has none."""
    evens, odds = sample[::2].count(0), sample[1::2].count(0)
    if max(evens, odds) * 4 < len(sample) or not sample:
        return "utf-8"
    return "utf-16-le" if odds > evens else "utf-16-be"


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)
