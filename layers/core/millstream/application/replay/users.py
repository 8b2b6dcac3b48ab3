"""The second pass: fold the users of one partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from millstream.application.ports import Workspace
from millstream.application.replay.comparing import RowComparison
from millstream.application.replay.frames import framed, frames, packed_shares
from millstream.application.replay.reading import Piece, part_name
from millstream.domain.errors import NotFoundError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Hidden
from millstream.domain.log.positions import shard_number
from millstream.domain.log.records import decode_cores
from millstream.domain.views.user_state import Share, UserState


@dataclass
class Tally:
    """The counts of a log's events; `events` is the sum of the four fields after it.

    `uncounted` events have kinds that change no user (slates, items, erasures); `hidden` ones belong to erased users or
    void records. `dead` counts records, because the number of events in an unreadable record is unknown.
    """

    records: int = 0
    dead: int = 0
    events: int = 0
    applied: int = 0
    duplicates: int = 0
    uncounted: int = 0
    hidden: int = 0

    def add(self, other: Tally) -> None:
        """Add the counts of other events."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)


@dataclass
class Partition:
    """The users of a partition after the fold."""

    states: dict[Pseudonym, UserState] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


def fold_partition(
    workspace: Workspace, pieces: Sequence[Piece], partition: int, hidden: Hidden, compared: RowComparison | None = None
) -> Partition:
    """Fold one partition; store what the events of each piece add to the trends in the workspace."""
    folded = Partition()
    for piece in pieces:
        try:
            part = workspace.get(part_name(piece.name, partition))
        except NotFoundError:
            continue
        new = fold_part(folded, part, shard_number(piece.shard), hidden, compared)
        workspace.put(new_name(piece.name, partition), new)
    return folded


def fold_part(
    folded: Partition, part: bytes, shard: int, hidden: Hidden, compared: RowComparison | None = None
) -> bytes:
    """Fold one part; return what its events add to the trend, framed by record."""
    states, tally = folded.states, folded.tally
    hides = bool(hidden)
    new: list[bytes] = []
    for sequence, data in frames(part):
        record = decode_cores(data)
        events = len(record.cores)
        tally.records += 1
        tally.events += events
        if hides and hidden.hides(record.subject, (shard, sequence)):
            tally.hidden += events
            continue
        state = states.get(record.subject)
        if state is None:
            state = states[record.subject] = UserState()
        if compared is not None:
            compared.before(record.subject, state, (shard, sequence))
        shard_before, before, duplicates = state.shard, state.sequence, state.duplicates
        shares: list[Share] = []
        fresh = state.fold(shard, sequence, record.cores, shares, record.attributes)
        if state.sequence != before or state.shard != shard_before:
            repeated = max(0, state.duplicates - duplicates)
            tally.applied += len(fresh)
            tally.duplicates += repeated
            tally.uncounted += events - len(fresh) - repeated
            new.append(framed(sequence, packed_shares(shares)))
            if compared is not None:
                compared.after(record.subject, (shard, sequence))
        else:
            tally.uncounted += events
    return b"".join(new)


def new_name(piece: str, partition: int) -> str:
    """The name of what a partition's events of a piece add to the trend."""
    return f"{piece.replace('log/', 'new/', 1)}/part-{partition:05}"


def tallied(pieces: Sequence[Piece], partitions: Mapping[int, Tally]) -> Tally:
    """The sum over all partitions, plus the unreadable records, which are in no partition."""
    tally = Tally()
    for part in partitions.values():
        tally.add(part)
    dead = sum(piece.dead for piece in pieces)
    tally.dead += dead
    tally.records += dead
    return tally
