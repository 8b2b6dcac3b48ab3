"""The first pass: read the log once, split it by user, and collect its amendments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from millstream.application.ports import Archive, ArchiveSlice, LogReader, LogRecord, Workspace
from millstream.application.project.found_records import streamed_records
from millstream.application.replay.frames import framed
from millstream.application.replay.plan import Plan
from millstream.domain.errors import InvalidRecordError, NotFoundError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Amendments
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import decode_cores, trimmed

ABOUT = "about.json"
LOG = "log.json"
AMENDMENTS = "amendments.json"
HOLE = "-hole"
"""The end of the name of a piece that is missing in the archive."""

RECORDS_A_PIECE = 20_000
"""Largest number of stream records per piece."""


@dataclass(frozen=True)
class Piece:
    """A part of one shard's log that was split: its name in the workspace and its contents.

    `lost` is the number of records of a hole in the archive that the stream does not retain either.
    """

    name: str
    shard: str
    last: int
    records: int = 0
    events: int = 0
    dead: int = 0
    amended: bool = False
    lost: int = 0


@dataclass
class LogRead:
    """All pieces in fold order, their amendments, and how far each shard was read."""

    pieces: list[Piece] = field(default_factory=list)
    amendments: Amendments = field(default_factory=Amendments)

    @property
    def reached(self) -> dict[str, int]:
        """The last sequence number of each shard."""
        return {piece.shard: piece.last for piece in self.pieces}

    @property
    def lost(self) -> list[Piece]:
        """The pieces that lack records."""
        return [piece for piece in self.pieces if piece.lost]

    @property
    def held(self) -> list[Piece]:
        """The pieces with records that the archive lacks and the stream still holds."""
        return [piece for piece in self.pieces if piece.name.endswith(HOLE) and piece.records]


def partition_of(user: Pseudonym, partitions: int) -> int:
    """The partition of a user. Pseudonyms are uniformly distributed, and so are their first bytes."""
    return int.from_bytes(user[:4]) % partitions


def slice_name(number: int, slice_: ArchiveSlice) -> str:
    """The name of a slice's piece; names sort in fold order."""
    return f"log/{_shard_label(slice_.shard)}/archive-{number:08}"


def split_slice(archive: Archive, plan: Plan, number: int, workspace: Workspace) -> Piece:
    """Split one slice of the archive, unless done. Raises UnavailableError."""
    slice_ = plan.slices[number]
    name = slice_name(number, slice_)
    try:
        return read_piece(workspace, name)
    except NotFoundError:
        return split(archive.read_slice(slice_), slice_.shard, slice_.last, name, plan.partitions, workspace)


def split_hole(reader: LogReader, plan: Plan, number: int, workspace: Workspace) -> Piece:
    """Split what the stream still holds of a hole in the archive, unless done. Raises UnavailableError."""
    before_slice, hole = plan.holes[number]
    # Sorts behind the slice before it, and before the one that follows.
    name = f"log/{_shard_label(hole.shard)}/archive-{before_slice - 1:08}{HOLE}"
    try:
        return read_piece(workspace, name)
    except NotFoundError:
        first, last = Position(hole.shard, hole.after + 1), Position(hole.shard, hole.before - 1)
        held = streamed_records(first, last, reader)
        return split(held, hole.shard, hole.before - 1, name, plan.partitions, workspace, expected=hole.records)


def split_tail(
    reader: LogReader, shard: str, after: int | None, partitions: int, workspace: Workspace
) -> Iterator[Piece]:
    """Split the records of the stream after the archive, or after those that were split before."""
    done = [read_piece(workspace, name) for name in _piece_names(workspace, f"log/{_shard_label(shard)}/stream-")]
    yield from done
    reached = done[-1].last if done else after
    for number, records in enumerate(_in_pieces(reader.read_after(shard, reached)), len(done)):
        name = f"log/{_shard_label(shard)}/stream-{number:08}"
        yield split(records, shard, records[-1].position.sequence_number, name, partitions, workspace)


def split(
    records: Iterable[LogRecord],
    shard: str,
    last: int,
    name: str,
    partitions: int,
    workspace: Workspace,
    *,
    expected: int = 0,
) -> Piece:
    """Split records of one shard; what is missing of the `expected` records is lost.

    The piece's description is written last, so its existence means it is complete.
    """
    number = shard_number(shard)
    parts = [bytearray() for _ in range(partitions)]
    amendments = Amendments()
    count, events, dead = 0, 0, 0
    for record in records:
        count += 1
        try:
            decoded = decode_cores(record.data)
            amendments.read((number, record.position.sequence_number), decoded, record.data)
        except InvalidRecordError:
            dead += 1
            continue
        events += len(decoded.cores)
        part = parts[partition_of(decoded.subject, partitions)]
        part += framed(record.position.sequence_number, trimmed(record.data))
    for partition, part in enumerate(parts):
        if part:
            workspace.put(part_name(name, partition), bytes(part))
    amended = bool(amendments)
    if amended:
        workspace.put(f"{name}/{AMENDMENTS}", amendments.encode())
    piece = Piece(name, shard, last, count, events, dead, amended, max(0, expected - count))
    workspace.put(f"{name}/{ABOUT}", json.dumps(asdict(piece)).encode())
    return piece


def read_log(workspace: Workspace, pieces: Sequence[Piece]) -> LogRead:
    """All pieces in order, with all their amendments."""
    read = LogRead(sorted(pieces, key=lambda piece: piece.name))
    for piece in read.pieces:
        if piece.amended:
            read.amendments.add(Amendments.decode(workspace.get(f"{piece.name}/{AMENDMENTS}")))
    return read


def keep_log(workspace: Workspace, log: LogRead) -> None:
    """Store the log of this replay: all partitions must be folded from the same log."""
    workspace.put(AMENDMENTS, log.amendments.encode())
    workspace.put(LOG, json.dumps([asdict(piece) for piece in log.pieces]).encode())


def kept_log(workspace: Workspace) -> LogRead:
    """The stored log of this replay. Raises NotFoundError."""
    pieces = [Piece(**one) for one in json.loads(workspace.get(LOG))]
    return LogRead(pieces, Amendments.decode(workspace.get(AMENDMENTS)))


def read_piece(workspace: Workspace, name: str) -> Piece:
    """The description of a piece. Raises NotFoundError."""
    return Piece(**json.loads(workspace.get(f"{name}/{ABOUT}")))


def part_name(piece: str, partition: int) -> str:
    """The name of a partition's part of a piece."""
    return f"{piece}/part-{partition:05}"


def archived_until(plan: Plan) -> Mapping[str, int]:
    """The sequence number up to which each shard was archived, also where the archive has a hole at its end."""
    until = {slice_.shard: slice_.last for slice_ in plan.slices}
    for _, hole in plan.holes:
        until[hole.shard] = max(until.get(hole.shard, 0), hole.before - 1)
    return until


def _shard_label(shard: str) -> str:
    """A label that sorts by shard number, history first."""
    return f"{shard_number(shard) + 1:013}"


def _piece_names(workspace: Workspace, prefix: str) -> list[str]:
    ending = f"/{ABOUT}"
    return [name.removesuffix(ending) for name in workspace.names(prefix) if name.endswith(ending)]


def _in_pieces(batches: Iterable[Sequence[LogRecord]]) -> Iterator[list[LogRecord]]:
    piece: list[LogRecord] = []
    for batch in batches:
        piece += batch
        if len(piece) >= RECORDS_A_PIECE:
            yield piece
            piece = []
    if piece:
        yield piece
