"""The archive in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from millstream.application.collect.archived_objects import merged, sliced
from millstream.application.ports import (
    SLICE_BYTES,
    UNHURRIED,
    ArchivedObject,
    ArchiveSlice,
    Budget,
    Head,
    Listing,
    LogRecord,
)
from millstream.domain.errors import ConflictError


class MemoryArchive:
    """An Archive."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[LogRecord, ...]] = {}
        self._starts: dict[str, int] = {}
        self._heads: dict[str, Head] = {}

    def store(
        self,
        records: Sequence[LogRecord],
        day: str,
        budget: Budget = UNHURRIED,  # noqa: ARG002  # at once
        *,
        start: int | None = None,
    ) -> str:
        """See Archive."""
        first, last = records[0].position, records[-1].position
        name = f"{day}/{first.shard}/{first.sequence_number}-{last.sequence_number}"
        if start is not None:
            name += f".{start}"
            self._starts[name] = start
        self.objects[name] = tuple(records)
        return name

    def head(self, shard: str) -> Head | None:
        """See Archive."""
        return self._heads.get(shard)

    def heads(self) -> Mapping[str, Head]:
        """See Archive."""
        return dict(self._heads)

    def advance(self, shard: str, seen: Head | None, to: Head, budget: Budget = UNHURRIED) -> None:  # noqa: ARG002
        """See Archive."""
        if self._heads.get(shard) != seen:
            raise ConflictError(f"the archive of {shard} no longer ends at {seen}")
        self._heads[shard] = to

    def listing(self) -> Listing:
        """See Archive. The size of an object is that of its records' data."""
        return Listing([self._listed(name) for name in sorted(self.objects)], {})

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """See Archive."""
        return list(sliced(self.listing().objects, most_bytes))

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
        start = self._starts.get(name)
        count = None if start is None else len(records)
        return ArchivedObject(name.split("/", maxsplit=1)[0], shard, first, last, name, stored_bytes, start, count)
