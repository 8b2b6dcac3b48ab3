"""The archive of the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from millstream.application.ports.log import LogRecord
from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.errors import InvalidRecordError
from millstream.domain.log.positions import shard_number

SLICE_BYTES = 32 * 2**20
"""Default size of a slice of the archive, in stored bytes."""


@dataclass(frozen=True)
class ArchiveSlice:
    """Objects of one shard that are read together. `last` is the highest sequence number in their names."""

    shard: str
    names: tuple[str, ...]
    stored_bytes: int
    last: int


class ArchivedObject(NamedTuple):
    """An object's name and its entry in the listing.

    `start` is the number of records that were archived of its shard before its first one, and `records` the number in
    it; None for objects that do not say it (format 1, records redriven later).
    """

    day: str
    shard: str
    first: int
    last: int
    name: str
    stored_bytes: int
    start: int | None = None
    records: int | None = None

    @property
    def place(self) -> tuple[int, int, int, str]:
        """The sort key of objects: shard number, first and last sequence number, name."""
        return shard_number(self.shard), self.first, self.last, self.name


class Listing(NamedTuple):
    """The objects of an archive, by name, and the keys under its prefix that this code cannot read, with the reason."""

    objects: Sequence[ArchivedObject]
    foreign: Mapping[str, str]


class Head(NamedTuple):
    """The end of a shard's archive: its last sequence number, and the number of records archived so far."""

    last: int
    records: int


class UnreadableObjectError(InvalidRecordError):
    """An object of the archive cannot be read; `counted` if its listing says how many records it should have."""

    def __init__(self, one: ArchivedObject, expected: str, got: object) -> None:
        super().__init__(one.name, expected, got)
        self.name = one.name
        self.counted = one.records is not None


class Archive(Protocol):
    """The archive of the log.

    It proves its own completeness: an object says how many records of its shard precede it, and the head of a shard how
    many there are in all (`application.collect.completeness`).
    """

    def store(
        self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED, *, start: int | None = None
    ) -> str:
        """Store records of one shard, in order, under a day (YYYY-MM-DD). Return the object's name.

        `start` is the number of records archived before the first one. Equal calls give equal names. Raises
        UnavailableError if the budget ends first.
        """

    def head(self, shard: str) -> Head | None:
        """The head of a shard; None if it never had one. Raises UnavailableError."""

    def heads(self) -> Mapping[str, Head]:
        """The heads of all shards. Raises UnavailableError."""

    def advance(self, shard: str, seen: Head | None, to: Head, budget: Budget = UNHURRIED) -> None:
        """Move a head. Raises ConflictError if it is no longer as seen, UnavailableError."""

    def listing(self) -> Listing:
        """All objects. Raises UnavailableError."""

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """All objects, with consecutive ones of a shard grouped up to `most_bytes` stored bytes.

        Ordered by shard number (history first) and first sequence number. A slice has at least one object, and includes
        all objects that overlap with its own, so no record is in two slices. Raises UnavailableError.
        """

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """The records of a slice, each once, in order of position. Raises UnavailableError, UnreadableObjectError.

        Keeps the stored bytes of one object and of those that overlap with it in memory.
        """

    def read(self) -> Iterator[LogRecord]:
        """Every archived record once, shard by shard in order of position."""
