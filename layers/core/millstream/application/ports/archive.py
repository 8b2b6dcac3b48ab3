"""The log's long memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from millstream.application.ports.log import LogRecord
from millstream.application.ports.time import UNHURRIED, Budget

SLICE_BYTES = 32 * 2**20
"""Stored bytes of a slice of the archive, where the caller asks for no other size."""


@dataclass(frozen=True)
class ArchiveSlice:
    """Objects of one shard that are read together; `last` is the highest sequence number in their names."""

    shard: str
    names: tuple[str, ...]
    stored_bytes: int
    last: int


class Archive(Protocol):
    """The log's long memory."""

    def store(self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED) -> str:
        """Store records of one shard, in order, under a day (YYYY-MM-DD); the name is the same for the same records.

        Raises UnavailableError when the budget ends first.
        """

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """All objects as they are listed now, neighbours of one shard grouped up to so many stored bytes.

        In order of shard number (history first) and first sequence number. A slice has at least one object, and all
        that overlap with its objects: no record is in two slices. Raises UnavailableError.
        """

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """The records of a slice, each once, in order of position. Raises UnavailableError.

        Holds the stored bytes of one object at a time, and of those that overlap with it.
        """

    def read(self) -> Iterator[LogRecord]:
        """Every archived record once, shard by shard in order of position: all slices, one after the other."""
