"""The whole log: the archive, followed by newer records of the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from millstream.application.ports import Archive, LogReader, LogRecord
from millstream.domain.log.positions import shard_number

Advance = Callable[[int], object]


@dataclass(frozen=True)
class WholeLog:
    """The log of a stack. Without a reader, only the archive."""

    archive: Archive
    reader: LogReader | None = None

    def stored_bytes(self) -> int:
        """The size of the archive. Raises UnavailableError."""
        return sum(slice_.stored_bytes for slice_ in self.archive.slices())

    def read(self, advance: Advance = lambda _: None) -> Iterator[LogRecord]:
        """Every record once, shard by shard in order of position, as of now.

        A user's records are therefore in order, even if the user's shard was split. Calls `advance` with the number of
        archived bytes read. Raises UnavailableError.
        """
        archived = {shard: list(of) for shard, of in groupby(self.archive.slices(), key=lambda one: one.shard)}
        held = {shard.name for shard in self.reader.shards()} if self.reader else set()
        for shard in sorted(archived.keys() | held, key=shard_number):
            last = None
            for slice_ in archived.get(shard, ()):
                yield from self.archive.read_slice(slice_)
                last = slice_.last
                advance(slice_.stored_bytes)
            if self.reader and shard in held:
                for records in self.reader.read_after(shard, last):
                    yield from records
