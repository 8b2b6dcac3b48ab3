"""The archive of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from millstream.application.ports.log import LogRecord
from millstream.application.ports.time import UNHURRIED, Budget

SLICE_BYTES = 32 * 2**20
"""Default size of a slice of the archive, in stored bytes."""


@dataclass(frozen=True)
class ArchiveSlice:
    """Objects of one shard that are read together. `last` is the highest sequence number in their names."""

    shard: str
    names: tuple[str, ...]
    stored_bytes: int
    last: int


class Archive(Protocol):
    """The archive of the log."""

    def store(self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED) -> str:
        """Store records of one shard, in order, under a day (YYYY-MM-DD). Return the object's name.

        Equal records get equal names. Raises UnavailableError if the budget ends first.
        """

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """All objects, with consecutive ones of a shard grouped up to `most_bytes` stored bytes.

        Ordered by shard number (history first) and first sequence number. A slice has at least one object, and includes
        all objects that overlap with its own, so no record is in two slices. Raises UnavailableError.
        """

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """The records of a slice, each once, in order of position. Raises UnavailableError.

        Keeps the stored bytes of one object and of those that overlap with it in memory.
        """

    def read(self) -> Iterator[LogRecord]:
        """Every archived record once, shard by shard in order of position."""
