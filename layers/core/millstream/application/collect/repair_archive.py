"""Archive again what is missing in the archive, from the stream."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from millstream.application.collect.completeness import Hole, holes
from millstream.application.ports import Archive, ArchivedObject, LogReader
from millstream.application.project.found_records import streamed_records
from millstream.domain.log.positions import Position


class Repaired(NamedTuple):
    """A hole, and the number of its records that were archived again: all or none."""

    hole: Hole
    stored: int


@dataclass(frozen=True)
class RepairArchive:
    """Fill the archive's holes with records that the stream still holds."""

    archive: Archive
    reader: LogReader

    def __call__(self, today: str, unreadable: Collection[str] = ()) -> list[Repaired]:
        """Objects named as unreadable count as missing, and are replaced. Raises UnavailableError.

        A hole is filled only if the stream holds all of its records. They are stored under `today` (YYYY-MM-DD).
        """
        heads = self.archive.heads()
        listed = self.archive.listing().objects
        replaced = {(one.shard, one.start): one for one in listed if one.name in unreadable}
        readable = [one for one in listed if one.name not in unreadable]
        return [Repaired(hole, self._filled(hole, today, replaced)) for hole in list(holes(readable, heads))]

    def _filled(self, hole: Hole, today: str, replaced: Mapping[tuple[str, int | None], ArchivedObject]) -> int:
        first, last = Position(hole.shard, hole.after + 1), Position(hole.shard, hole.before - 1)
        records = list(streamed_records(first, last, self.reader))
        if len(records) != hole.records:
            return 0
        # Under its own day, the same records get the name of the unreadable object, which they replace.
        old = replaced.get((hole.shard, hole.start))
        self.archive.store(records, today if old is None else old.day, start=hole.start)
        return len(records)
