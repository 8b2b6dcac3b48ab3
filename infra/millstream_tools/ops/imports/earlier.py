"""What is in the log from earlier imports, and what that means for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from millstream.application.ports import ImportEntry
from millstream_tools.tables.errors import ImportingError


class UnknownImportError(ImportingError):
    """There is no import of this number."""


class InTheLogError(ImportingError):
    """A file is in the log already, read by another mapping, or is given twice."""


class NotReplacedError(ImportingError):
    """An import cannot be replaced by itself, nor once it is void."""

    def __init__(self, entry: ImportEntry) -> None:
        if entry.void:
            why = "is void already: run `millstream import FILE...`"
        else:
            why = "has the same content and mapping: there is nothing to replace"
        super().__init__(f"import {entry.number} ({entry.what}) {why}")


def entry_of(number: int, entries: Sequence[ImportEntry]) -> ImportEntry:
    """The entry of an import. Raises UnknownImportError."""
    found = next((entry for entry in entries if entry.number == number), None)
    if found is None:
        numbers = ", ".join(str(entry.number) for entry in entries) or "no imports"
        raise UnknownImportError(f"expected the number of an import, got {number}; the log has {numbers}")
    return found


def check_new(digests: Sequence[str], files: Sequence[Path], entries: Sequence[ImportEntry]) -> None:
    """Raise InTheLogError if one of the files is part of an import that is not void, or is there twice.

    Of imports by earlier versions only the names of their files are known.
    """
    first: dict[str, Path] = {}
    for digest, path in zip(digests, files, strict=True):
        if digest in first:
            raise InTheLogError(
                f"{path} has the same content as {first[digest]}: leave it out, or add --again to count its rows twice"
            )
        first[digest] = path
    for digest, path in zip(digests, files, strict=True):
        for entry in entries:
            if entry.void:
                continue
            if digest in entry.files if entry.files is not None else path.name in entry.what.split(", "):
                raise InTheLogError(f"{path.name} is in the log as number {entry.number}, {_how(entry)}")


def overlapping(this: ImportEntry, entries: Sequence[ImportEntry]) -> list[ImportEntry]:
    """Other imports whose events are not all on one side of this one's, in the order of the log."""
    return [
        entry
        for entry in entries
        if entry.number != this.number and not entry.void and entry.times and this.times and _mixed(entry, this)
    ]


def _mixed(one: ImportEntry, other: ImportEntry) -> bool:
    """Whether the import with the lower number has an event that is later than the first of the other."""
    earlier, later = sorted((one, other), key=lambda entry: entry.number)
    return earlier.times is not None and later.times is not None and earlier.times[1] > later.times[0]


def _how(entry: ImportEntry) -> str:
    if entry.counts is None:
        return (
            "which is not finished: run its command again to complete it, "
            f"or `millstream imports void {entry.number}` to give it up"
        )
    return (
        f"read by another mapping: to correct it, run `millstream imports replace {entry.number} FILE...`; "
        "to count its rows twice, add --again"
    )
