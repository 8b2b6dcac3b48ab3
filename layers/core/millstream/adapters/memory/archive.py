"""The archive in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from millstream.application.collect.archived_objects import ArchivedObject, merged, sliced
from millstream.application.ports import SLICE_BYTES, UNHURRIED, ArchiveSlice, Budget, LogRecord


class MemoryArchive:
    """An Archive."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[LogRecord, ...]] = {}

    def store(self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED) -> str:  # noqa: ARG002  # at once
        """See Archive."""
        first, last = records[0].position, records[-1].position
        name = f"{day}/{first.shard}/{first.sequence_number}-{last.sequence_number}"
        self.objects[name] = tuple(records)
        return name

    def listing(self) -> Iterator[ArchivedObject]:
        """All objects, by name; their size is that of their records' data."""
        return map(self._listed, sorted(self.objects))

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """See Archive."""
        return list(sliced(self.listing(), most_bytes))

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """See Archive."""
        return merged(map(self._listed, slice_.names), lambda one: iter(self.objects[one.name]))

    def read(self) -> Iterator[LogRecord]:
        """See Archive."""
        return chain.from_iterable(map(self.read_slice, self.slices()))

    def _listed(self, name: str) -> ArchivedObject:
        records = self.objects[name]
        (shard, first), (_, last) = records[0].position, records[-1].position
        stored_bytes = sum(len(record.data) for record in records)
        return ArchivedObject(name.split("/", maxsplit=1)[0], shard, first, last, name, stored_bytes)
