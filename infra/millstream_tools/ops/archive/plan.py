"""Assign archived objects to files: one per day and shard, each record in exactly one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from millstream.application.collect.archived_objects import ArchivedObject, sliced
from millstream.application.ports import Archive, ArchiveSlice, LogRecord
from millstream.domain.log.positions import shard_number


@dataclass(frozen=True)
class Part:
    """Overlapping objects of a day, and objects of earlier days that may contain some of the same records."""

    own: ArchiveSlice
    earlier: ArchiveSlice | None


@dataclass(frozen=True)
class DayOfShard:
    """The source of one file; `parts` are ordered and disjoint."""

    day: str
    shard: str
    first: int
    parts: tuple[Part, ...]

    @property
    def objects(self) -> tuple[str, ...]:
        """The names of all objects that the file depends on."""
        slices = [slice_ for part in self.parts for slice_ in (part.earlier, part.own) if slice_ is not None]
        return tuple(name for slice_ in slices for name in slice_.names)

    @property
    def stored_bytes(self) -> int:
        """The size of the day's own objects."""
        return sum(part.own.stored_bytes for part in self.parts)

    @property
    def last(self) -> int:
        """The highest sequence number of the day's own objects."""
        return max(part.own.last for part in self.parts)


def planned(objects: Iterable[ArchivedObject], day: str | None = None) -> list[DayOfShard]:
    """The files of an archive, of all days or of one, in order of day and shard number.

    A record that is stored under two days (a clock was set back at midnight) belongs to the earlier one.
    """
    listed = {one.name: one for one in objects}
    parts: defaultdict[tuple[str, str], list[Part]] = defaultdict(list)
    # The smallest slices: only overlapping objects together.
    for together in sliced(listed.values(), most_bytes=1):
        of_days: defaultdict[str, list[ArchivedObject]] = defaultdict(list)
        for name in together.names:
            of_days[listed[name].day].append(listed[name])
        earlier: list[ArchivedObject] = []
        for of_day in sorted(of_days):
            own = of_days[of_day]
            parts[of_day, together.shard].append(Part(_slice(own), _slice(earlier) if earlier else None))
            earlier += own
    in_order = sorted((key for key in parts if day in (None, key[0])), key=lambda key: (key[0], shard_number(key[1])))
    firsts = {name: one.first for name, one in listed.items()}
    return [
        DayOfShard(*key, min(firsts[name] for name in parts[key][0].own.names), tuple(parts[key])) for key in in_order
    ]


def records_of(part: Part, archive: Archive) -> Iterator[LogRecord]:
    """The records of a part, each once, in order, without those that belong to an earlier day."""
    own = archive.read_slice(part.own)
    return own if part.earlier is None else _without(archive.read_slice(part.earlier), own)


def _without(left_out: Iterator[LogRecord], records: Iterator[LogRecord]) -> Iterator[LogRecord]:
    """Both in order of position."""
    other = next(left_out, None)
    for record in records:
        while other is not None and other.position.sequence_number < record.position.sequence_number:
            other = next(left_out, None)
        if other is None or other.position != record.position:
            yield record


def _slice(objects: list[ArchivedObject]) -> ArchiveSlice:
    return ArchiveSlice(
        objects[0].shard,
        tuple(one.name for one in objects),
        sum(one.stored_bytes for one in objects),
        max(one.last for one in objects),
    )
