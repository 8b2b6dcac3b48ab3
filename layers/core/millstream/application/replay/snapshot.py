"""A snapshot of the live rows in the workspace."""

from __future__ import annotations

from collections.abc import Callable

from millstream.application.ports import FeatureStore, Workspace
from millstream.application.replay.frames import framed_row, rows
from millstream.application.replay.reading import partition_of
from millstream.domain.keys import Pseudonym
from millstream.domain.views.digest import Digest

CHUNK_BYTES = 8 * 2**20


def take_snapshot(store: FeatureStore, partitions: int, workspace: Workspace, advance: Callable[[int], None]) -> Digest:
    """Store all users' rows in the workspace, by partition; return their digest. Raises UnavailableError."""
    digest = Digest()
    parts = [bytearray() for _ in range(partitions)]
    chunks, waiting = 0, 0
    for count, (user, row) in enumerate(store.all_users(), 1):
        digest.add_user(user, row.data)
        framed = framed_row(user, row.data)
        parts[partition_of(user, partitions)] += framed
        waiting += len(framed)
        if waiting >= CHUNK_BYTES:
            _put(workspace, parts, chunks)
            chunks, waiting = chunks + 1, 0
        if not count % 1000:
            advance(1000)
    _put(workspace, parts, chunks)
    return digest


def snapshot_of(workspace: Workspace, partition: int) -> dict[Pseudonym, bytes]:
    """The rows of a partition."""
    found: dict[Pseudonym, bytes] = {}
    for name in workspace.names(f"live/part-{partition:05}/"):
        found.update(rows(workspace.get(name)))
    return found


def _put(workspace: Workspace, parts: list[bytearray], chunk: int) -> None:
    for partition, part in enumerate(parts):
        if part:
            workspace.put(f"live/part-{partition:05}/{chunk:05}", bytes(part))
            part.clear()
