"""What a replay is about: fixed at its beginning, so that one that was killed goes on with the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from freshet.application.ports import Archive, ArchiveSlice, Views, Workspace
from freshet.domain.errors import NotFoundError

NAME = "plan.json"
SLICE_BYTES = 8 * 2**20
"""Stored bytes of the archive that are split at a time."""

PARTITION_BYTES = 64 * 2**20
"""Stored bytes of the archive for which the users are divided into one partition more."""


@dataclass(frozen=True)
class Plan:
    """The slices of the archive in order, into how many partitions the users are divided, and which version serves."""

    slices: Sequence[ArchiveSlice]
    partitions: int
    serving: int


def planned(archive: Archive, views: Views, workspace: Workspace, partitions: int | None = None) -> Plan:
    """The plan that lies in the workspace, or a new one for the archive as it is now. Raises UnavailableError."""
    try:
        return stored_plan(workspace)
    except NotFoundError:
        slices = archive.slices(SLICE_BYTES)
        stored_bytes = sum(one.stored_bytes for one in slices)
        plan = Plan(slices, partitions or 1 + stored_bytes // PARTITION_BYTES, views.serving())
        workspace.put(NAME, json.dumps(asdict(plan)).encode())
        return plan


def stored_plan(workspace: Workspace) -> Plan:
    """The plan that lies in the workspace. Raises NotFoundError."""
    stored = json.loads(workspace.get(NAME))
    slices = [ArchiveSlice(**{**one, "names": tuple(one["names"])}) for one in stored["slices"]]
    return Plan(slices, stored["partitions"], stored["serving"])
