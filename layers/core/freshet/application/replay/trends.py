"""The third pass: what was new in all partitions, in the order of a shard's log, becomes the shard's trend."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from freshet.application.ports import Workspace
from freshet.application.replay.frames import frames, unpacked_new
from freshet.application.replay.reading import Piece
from freshet.application.replay.users import new_name
from freshet.domain import trend_row
from freshet.domain.errors import NotFoundError
from freshet.domain.positions import shard_number
from freshet.domain.trend import Trend


def fold_trend(workspace: Workspace, pieces: Sequence[Piece], partitions: int, until: int | None = None) -> bytes:
    """The trend row of one shard, whose pieces these are, up to a sequence number; empty if nothing changed it."""
    trend = Trend()
    for sequence, new in _merged(workspace, pieces, partitions):
        if until is not None and sequence > until:
            break
        trend.fold(shard_number(pieces[0].shard), sequence, unpacked_new(new))
    return trend_row.pack(trend) if trend.sequence else b""


def _merged(workspace: Workspace, pieces: Sequence[Piece], partitions: int) -> Iterator[tuple[int, bytes]]:
    for piece in pieces:
        yield from heapq.merge(*(_new(workspace, piece, number) for number in range(partitions)))


def _new(workspace: Workspace, piece: Piece, partition: int) -> Iterator[tuple[int, bytes]]:
    try:
        return frames(workspace.get(new_name(piece.name, partition)))
    except NotFoundError:
        return iter(())
