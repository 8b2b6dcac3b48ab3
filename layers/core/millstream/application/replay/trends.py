"""The third pass: fold what the events of all partitions add, in log order, into each shard's trend."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from millstream.application.ports import UNHURRIED, Budget, Workspace
from millstream.application.replay.frames import frames, unpacked_shares
from millstream.application.replay.reading import Piece
from millstream.application.replay.users import new_name
from millstream.domain.errors import InvalidRecordError, NotDoneError, NotFoundError
from millstream.domain.log.positions import shard_number
from millstream.domain.views import trend_row
from millstream.domain.views.trend import Trend

_COUNT_BYTES = 4


def fold_trend(workspace: Workspace, pieces: Sequence[Piece], partitions: int, until: int | None = None) -> bytes:
    """The trend row of one shard from its pieces, up to a sequence number; empty if it has no events."""
    trend = Trend()
    for sequence, new in _merged(workspace, pieces, partitions):
        if until is not None and sequence > until:
            break
        trend.fold(shard_number(pieces[0].shard), sequence, unpacked_shares(new))
    return trend_row.pack(trend) if trend.sequence else b""


def fold_trend_on(workspace: Workspace, pieces: Sequence[Piece], partitions: int, budget: Budget = UNHURRIED) -> bytes:
    """`fold_trend` that resumes after its budget ended. Raises NotDoneError, after at least one piece."""
    if not pieces:
        return b""
    name = f"half/trend-{pieces[0].shard}"
    done, trend = _half_done(workspace, name)
    for number, piece in enumerate(pieces[done:], done + 1):
        for sequence, new in _merged(workspace, [piece], partitions):
            trend.fold(shard_number(piece.shard), sequence, unpacked_shares(new))
        if budget.left_s() <= 0 and number < len(pieces):
            workspace.put(name, number.to_bytes(_COUNT_BYTES) + trend_row.pack(trend))
            raise NotDoneError(f"{number} of {len(pieces)} pieces of {piece.shard} are folded")
    return trend_row.pack(trend) if trend.sequence else b""


def _half_done(workspace: Workspace, name: str) -> tuple[int, Trend]:
    try:
        kept = workspace.get(name)
        return int.from_bytes(kept[:_COUNT_BYTES]), trend_row.unpack(kept[_COUNT_BYTES:])
    except (NotFoundError, InvalidRecordError):
        return 0, Trend()


def _merged(workspace: Workspace, pieces: Sequence[Piece], partitions: int) -> Iterator[tuple[int, bytes]]:
    for piece in pieces:
        yield from heapq.merge(*(_new(workspace, piece, number) for number in range(partitions)))


def _new(workspace: Workspace, piece: Piece, partition: int) -> Iterator[tuple[int, bytes]]:
    try:
        return frames(workspace.get(new_name(piece.name, partition)))
    except NotFoundError:
        return iter(())
