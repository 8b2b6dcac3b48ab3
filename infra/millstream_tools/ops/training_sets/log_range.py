"""The first pass over the log: how far each shard is read, and what of it must be left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from millstream.application.ports import Archive, ArchiveSlice, LogRecord
from millstream.domain.errors import InvalidRecordError, NotFoundError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Amendments, Hidden
from millstream.domain.log.positions import Position, shard_name, shard_number
from millstream.domain.log.records import decode_cores
from millstream_tools.ops.training_sets.cut import Cut


@dataclass(frozen=True)
class Withdrawn:
    """Users in hex and positions of records, both in order."""

    users: Sequence[str]
    records: Sequence[str]


@dataclass(frozen=True)
class LogRange:
    """The last sequence number that is read of each shard, and what is left out.

    `withdrawn` is what was erased or voided behind the range and yet takes something out of it: a set that was made
    before had the same range and other rows, so it belongs to the set's id.
    """

    last: Mapping[str, int]
    hidden: Hidden
    withdrawn: Withdrawn


@dataclass
class _Scan:
    """What the pass has seen so far."""

    last: dict[str, int] = field(default_factory=dict)
    users: set[Pseudonym] = field(default_factory=set)
    within: Amendments = field(default_factory=Amendments)
    behind: Amendments = field(default_factory=Amendments)


def find_cut(archive: Archive, slices: Sequence[ArchiveSlice], until: int | Position) -> Cut:
    """The cut at a time, or at a position and the moment at which its record was recorded.

    Raises NotFoundError for a position that is not in the archive, InvalidRecordError for one that nobody can read.
    """
    if isinstance(until, int):
        return Cut(until)
    for slice_ in slices:
        if slice_.shard == until.shard and slice_.last >= until.sequence_number:
            for record in archive.read_slice(slice_):
                if record.position == until:
                    return Cut(decode_cores(record.data).recorded_at_ms, until)
            break
    raise NotFoundError(f"the archive holds no record at {until}")


def measure(archive: Archive, slices: Sequence[ArchiveSlice], cut: Cut, advance: Callable[[int], object]) -> LogRange:
    """Read the whole archive once: erasures count also where they lie behind the cut. `advance` hears stored bytes.

    Holds the pseudonyms of the users in the range. Raises UnavailableError.
    """
    scan = _Scan()
    ended: set[str] = set()
    for slice_ in slices:
        for record in archive.read_slice(slice_):
            _see(scan, record, cut, ended)
        advance(slice_.stored_bytes)
    amendments = Amendments()
    amendments.add(scan.within)
    amendments.add(scan.behind)
    everything = {slice_.shard: slice_.last for slice_ in slices}
    return LogRange(scan.last, amendments.known_at(everything), _withdrawn(scan))


def _see(scan: _Scan, record: LogRecord, cut: Cut, ended: set[str]) -> None:
    (shard, sequence_number), data = record.position, record.data
    try:
        decoded = decode_cores(data)
    except InvalidRecordError:
        decoded = None
    recorded_at_ms = None if decoded is None else decoded.recorded_at_ms
    if shard in ended or cut.leaves_out(shard, sequence_number, recorded_at_ms):
        ended.add(shard)
    else:
        scan.last[shard] = sequence_number
        if decoded is not None:
            scan.users.add(decoded.subject)
    if decoded is not None:
        amendments = scan.behind if shard in ended else scan.within
        try:
            amendments.read((shard_number(shard), sequence_number), decoded, data)
        except InvalidRecordError:
            return  # in the dead letters, as for a rebuild


def _withdrawn(scan: _Scan) -> Withdrawn:
    users = sorted(user.hex() for user in scan.behind.erasures if user in scan.users)
    within = {shard_number(shard): last for shard, last in scan.last.items()}
    places = sorted(
        (shard, sequence)
        for shard, sequence in scan.behind.voided - scan.within.voided
        if sequence <= within.get(shard, -1)
    )
    return Withdrawn(users, [str(Position(shard_name(shard), sequence)) for shard, sequence in places])
