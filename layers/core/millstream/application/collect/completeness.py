"""Which records of the log are missing in the archive.

Each object says how many records of its shard were archived before it (`start`) and how many it has. Sorted by their
sequence numbers, these ranges must cover 0, 1, 2, ... without a gap, up to the head of the shard. Objects that do not
say it (format 1, records redriven later) prove nothing and miss nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from millstream.application.collect.archived_objects import sliced
from millstream.application.collect.import_history import RECORDS_AN_IMPORT, head_of, number_of
from millstream.application.ports import Archive, ArchivedObject, ArchiveSlice, Head, ViewVersion
from millstream.domain.log.positions import HISTORY_SHARD, shard_number


class Hole(NamedTuple):
    """Records of a shard that no object has: how many, and between which sequence numbers (both excluded).

    `start` is the number of records of the shard that were archived before them.
    """

    shard: str
    after: int
    before: int
    records: int
    start: int = 0


class Contents(NamedTuple):
    """The parts of an archive in the order of the log, and the keys that were left out, with the reason.

    `imports` has the last sequence number of each import in the parts, by the name of its head; `waiting` are the names
    of those with newer objects, which were left out.
    """

    parts: tuple[ArchiveSlice | Hole, ...]
    foreign: Mapping[str, str]
    imports: Mapping[str, int]
    waiting: tuple[str, ...] = ()


def contents(
    archive: Archive, most_bytes: int, without: Collection[str] = (), read_by: ViewVersion | None = None
) -> Contents:
    """The slices and holes of an archive, without the named objects. Raises UnavailableError.

    With `read_by`, objects of imports that this version of the views was not built from are left out of the slices.
    """
    heads = archive.heads()  # before the listing: an object is stored before its head moves
    listing = archive.listing()
    objects = [one for one in listing.objects if one.name not in without]
    last: dict[str, int] = {}
    newer: dict[str, str] = {}
    for one in objects:
        if one.shard != HISTORY_SHARD:
            continue
        name = _counted_as(one)
        if read_by is not None and not read_by.has_read(name, one.last):
            newer[one.name] = name
        else:
            last[name] = max(last.get(name, 0), one.last)
    parts = tuple(_parts(objects, newer, heads, most_bytes))
    return Contents(parts, listing.foreign, last, tuple(sorted(set(newer.values()), key=_place_of)))


def holes(objects: Iterable[ArchivedObject], heads: Mapping[str, Head]) -> Iterator[Hole]:
    """The holes in each shard, in the order of the log."""
    counted: dict[str, list[ArchivedObject]] = {name: [] for name in heads}
    for one in sorted(objects, key=lambda one: one.place):
        counted.setdefault(_counted_as(one), []).append(one)
    for name in sorted(counted, key=_place_of):
        shard = HISTORY_SHARD if name.startswith(HISTORY_SHARD) else name
        yield from _holes(shard, counted[name], heads.get(name))


def _counted_as(one: ArchivedObject) -> str:
    """The name of the head that counts an object's records: its shard, or its import."""
    return head_of(one.first // RECORDS_AN_IMPORT) if one.shard == HISTORY_SHARD else one.shard


def _place_of(name: str) -> tuple[int, int]:
    """Imports in their order, then the shards in theirs."""
    number = number_of(name)
    return (shard_number(name), 0) if number is None else (shard_number(HISTORY_SHARD), number)


def _holes(shard: str, objects: Iterable[ArchivedObject], head: Head | None) -> Iterator[Hole]:
    reached = counted = 0
    for one in objects:
        if one.start is not None and one.records is not None:
            if one.first > reached and one.start < counted:
                counted = 0  # the head was lost, and counting began again
            if one.start > counted:
                yield Hole(shard, reached, one.first, one.start - counted, counted)
            counted = max(counted, one.start + one.records)
        reached = max(reached, one.last)
    if head is not None and head.last > reached and head.records > counted:
        yield Hole(shard, reached, head.last + 1, head.records - counted, counted)


def _parts(
    objects: list[ArchivedObject], newer: Collection[str], heads: Mapping[str, Head], most_bytes: int
) -> Iterator[ArchiveSlice | Hole]:
    """Slices end at holes, so that a hole is between two slices. Newer objects are in no slice, and are no hole."""
    waiting = sorted((one for one in objects if one.name not in newer), key=lambda one: one.place)
    for hole in holes(objects, heads):
        end = (shard_number(hole.shard), hole.before)
        before = [one for one in waiting if one.place[:2] < end]
        yield from sliced(before, most_bytes)
        yield hole
        waiting = waiting[len(before) :]
    yield from sliced(waiting, most_bytes)
