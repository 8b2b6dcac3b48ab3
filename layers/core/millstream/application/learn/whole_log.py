"""The whole log: the archive, followed by newer records of the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from millstream.application.collect.completeness import Hole, contents
from millstream.application.ports import SLICE_BYTES, Archive, LogReader, LogRecord
from millstream.application.project.found_records import streamed_records
from millstream.domain.log.positions import Position, shard_number

Advance = Callable[[int], object]


@dataclass(frozen=True)
class WholeLog:
    """The log of a stack. Without a reader, only the archive.

    `on_loss` is called with each hole in the archive that the stream does not fill, and its number of lost records.
    """

    archive: Archive
    reader: LogReader | None = None
    on_loss: Callable[[Hole], object] = lambda _: None

    def stored_bytes(self) -> int:
        """The size of the archive. Raises UnavailableError."""
        return sum(slice_.stored_bytes for slice_ in self.archive.slices())

    def read(self, advance: Advance = lambda _: None) -> Iterator[LogRecord]:
        """Every record once, shard by shard in order of position, as of now.

        A user's records are therefore in order, even if the user's shard was split. Calls `advance` with the number of
        archived bytes read. Raises UnavailableError.
        """
        parts = contents(self.archive, SLICE_BYTES).parts
        archived = {shard: list(of) for shard, of in groupby(parts, key=lambda one: one.shard)}
        held = {shard.name for shard in self.reader.shards()} if self.reader else set()
        for shard in sorted(archived.keys() | held, key=shard_number):
            last = None
            for part in archived.get(shard, ()):
                if isinstance(part, Hole):
                    yield from self._held(part)
                    last = part.before - 1
                    continue
                yield from self.archive.read_slice(part)
                last = part.last
                advance(part.stored_bytes)
            if self.reader and shard in held:
                for records in self.reader.read_after(shard, last):
                    yield from records

    def _held(self, hole: Hole) -> Iterator[LogRecord]:
        """The records of a hole that the stream still holds."""
        missing = hole.records
        if self.reader:
            first, last = Position(hole.shard, hole.after + 1), Position(hole.shard, hole.before - 1)
            for record in streamed_records(first, last, self.reader):
                missing -= 1
                yield record
        if missing > 0:
            self.on_loss(hole._replace(records=missing))
