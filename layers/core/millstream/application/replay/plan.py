"""What a replay is about: fixed at its beginning, so that one that was killed goes on with the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from millstream.application.ports import Archive, ArchiveSlice, Views, Workspace
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.formats import UNNUMBERED, check_format

NAME = "plan.json"
FORMAT = 1
"""Of everything in the workspace of a replay: pieces of the log, rows beside it, results of steps, half-folded trends.

They are made for one replay by one fold code, so one number in the plan is enough for all of them.
"""

LONGEST_MS = 5 * 24 * 3600 * 1000
"""A replay that began longer ago is not gone on with: the stream holds a week, and may have forgotten some of it."""


@dataclass(frozen=True)
class Sizes:
    """Stored bytes of the archive that are split at a time, and for which there is one partition of the users more.

    Each slice leaves an object for each partition, so their number grows with the square of the log.
    """

    slice_bytes: int
    partition_bytes: int


ON_ONE_MACHINE = Sizes(8 * 2**20, 64 * 2**20)


@dataclass(frozen=True)
class Plan:
    """The slices of the archive in order, into how many partitions the users are divided, and which version serves."""

    slices: Sequence[ArchiveSlice]
    partitions: int
    serving: int
    began_at_ms: int = 0


def planned(
    archive: Archive,
    views: Views,
    workspace: Workspace,
    partitions: int | None = None,
    sizes: Sizes = ON_ONE_MACHINE,
    now_ms: int = 0,
) -> Plan:
    """The plan that lies in the workspace, or a new one for the archive as it is now.

    Raises UnavailableError, ConflictError for a plan that is too old, UnknownFormatError for one of newer code.
    """
    try:
        plan = stored_plan(workspace)
    except NotFoundError:
        # What lies there without a plan is left of a replay that ended, and was killed while it tidied up.
        if workspace.names(""):
            workspace.clear()
        slices = archive.slices(sizes.slice_bytes)
        stored_bytes = sum(one.stored_bytes for one in slices)
        plan = Plan(slices, partitions or 1 + stored_bytes // sizes.partition_bytes, views.serving(), now_ms)
        workspace.put(NAME, json.dumps({"format": FORMAT, **asdict(plan)}).encode())
    if now_ms - plan.began_at_ms > LONGEST_MS:
        days = (now_ms - plan.began_at_ms) // (24 * 3600 * 1000)
        raise ConflictError(
            f"this began {days} days ago, and the stream may have forgotten what came since: start anew"
        )
    return plan


def stored_plan(workspace: Workspace) -> Plan:
    """The plan that lies in the workspace. Raises NotFoundError, UnknownFormatError for one of newer code."""
    stored = json.loads(workspace.get(NAME))
    check_format("plan of the replay", stored.pop("format", UNNUMBERED), FORMAT)
    slices = [ArchiveSlice(**{**one, "names": tuple(one["names"])}) for one in stored["slices"]]
    return Plan(**{**stored, "slices": slices})
