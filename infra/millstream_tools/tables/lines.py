"""Numbered lines of a text file, optionally gzipped."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from millstream_tools.tables.contents import encoding_of, is_gzipped
from millstream_tools.tables.errors import BadFileError

LONGEST_LINE = 1 << 20
"""Characters. Without a limit, a file without line ends would be read into memory as a whole."""


def is_text(path: Path, encoding: str) -> bool:
    """Whether the whole file is valid text in this encoding."""
    with gzip.open(path, "rt", encoding=encoding) if is_gzipped(path) else path.open(encoding=encoding) as file:
        try:
            while file.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return False
    return True


class LineTooLongError(ValueError):
    """A line was skipped; reading can continue with the next one."""


class Lines:
    """An iterator over lines that knows its position, and continues after a line that is too long."""

    def __init__(self, path: Path, encoding: str | None) -> None:
        self.number = 0
        self._path = path
        self.bytes = path.stat().st_size
        self._file = path.open("rb")
        content: Any = gzip.GzipFile(fileobj=self._file) if is_gzipped(path) else self._file
        with self.report_bad_content():
            self._encoding = encoding or encoding_of(path)
        # Invalid bytes become lone surrogates, which the validation rejects.
        self._text = io.TextIOWrapper(
            content,
            encoding="utf-8-sig" if self._encoding.lower() in ("utf-8", "utf8") else self._encoding,
            errors="surrogateescape",
            newline="",
        )

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            while (rest := self._text.readline(LONGEST_LINE)) and rest[-1] not in "\r\n":
                pass
            raise LineTooLongError
        return line

    def parts(self) -> Iterator[str]:
        """The rest of the text: lines, of which a long one comes in parts, each but the last without a line end."""
        while part := self._text.readline(LONGEST_LINE):
            yield part

    def done(self) -> int:
        """The number of bytes read."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._file.close()

    @contextmanager
    def report_bad_content(self) -> Iterator[None]:
        """Raise BadFileError if the file cannot be decompressed, or decoded at all."""
        after = f"after line {self.number}" if self.number else "at its beginning"
        try:
            yield
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            after = f"after line {self.number}" if self.number else "at its beginning"
            raise BadFileError(f"{self._path}: expected a gzip file, got a truncated or corrupt one {after}") from error
        except UnicodeError as error:
            after = f"after line {self.number}" if self.number else "at its beginning"
            raise BadFileError(
                f"{self._path}: expected text in {self._encoding}, got other bytes {after}: name the encoding with "
                "--encoding"
            ) from error
