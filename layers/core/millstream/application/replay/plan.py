"""The plan of a replay, fixed at its start so that an interrupted one resumes with the same plan."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from millstream.application.collect.completeness import Hole, contents
from millstream.application.ports import Archive, ArchiveSlice, Views, Workspace
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.formats import UNNUMBERED, check_format

NAME = "plan.json"
FORMAT = 2
"""The format of everything in a replay's workspace: pieces of the log, rows, results of steps, partial trends.

They belong to one replay by one fold code, so one number in the plan is enough for all.
"""

LONGEST_MS = 5 * 24 * 3600 * 1000
"""An older replay is not resumed: the stream retains a week, and may have dropped records since."""


@dataclass(frozen=True)
class Sizes:
    """Stored bytes of the archive per slice, and per partition of the users.

    Each slice gives one object per partition, so their number grows with the square of the log.
    """

    slice_bytes: int
    partition_bytes: int


ON_ONE_MACHINE = Sizes(8 * 2**20, 64 * 2**20)


@dataclass(frozen=True)
class Choices:
    """What the caller chose: the number of partitions, objects to leave out, lost records to accept.

    A replay of a log that lacks more records than `accept_loss` ends with LostRecordsError.
    """

    partitions: int | None = None
    without: Collection[str] = ()
    accept_loss: int = 0


BY_DEFAULT = Choices()


@dataclass(frozen=True)
class Plan:
    """The slices of the archive in order, the number of user partitions, and the serving version.

    `holes` are the archive's holes, each with the number of the slice that follows it. `foreign` are the keys that were
    left out, with the reason.
    """

    slices: Sequence[ArchiveSlice]
    partitions: int
    serving: int
    began_at_ms: int = 0
    holes: Sequence[tuple[int, Hole]] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    accept_loss: int = 0


def planned(
    archive: Archive,
    views: Views,
    workspace: Workspace,
    choices: Choices = BY_DEFAULT,
    sizes: Sizes = ON_ONE_MACHINE,
    now_ms: int = 0,
) -> Plan:
    """The plan in the workspace, or a new one for the current archive.

    Raises UnavailableError, ConflictError for a plan that is too old, UnknownFormatError for one of newer code.
    """
    try:
        plan = stored_plan(workspace)
    except NotFoundError:
        # Objects without a plan are left from a replay that finished and was killed during its cleanup.
        if workspace.names(""):
            workspace.clear()
        plan = _planned(archive, views, choices, sizes, now_ms)
        workspace.put(NAME, json.dumps({"format": FORMAT, **asdict(plan)}).encode())
    if now_ms - plan.began_at_ms > LONGEST_MS:
        days = (now_ms - plan.began_at_ms) // (24 * 3600 * 1000)
        raise ConflictError(
            f"this replay began {days} days ago, and the stream may have dropped records since: start a new one"
        )
    return plan


def stored_plan(workspace: Workspace) -> Plan:
    """The plan in the workspace. Raises NotFoundError, UnknownFormatError for one of newer code."""
    stored = json.loads(workspace.get(NAME))
    check_format("plan of the replay", stored.pop("format", UNNUMBERED), FORMAT)
    slices = [ArchiveSlice(**{**one, "names": tuple(one["names"])}) for one in stored["slices"]]
    holes = [(before, Hole(*hole)) for before, hole in stored.get("holes", ())]
    return Plan(**{**stored, "slices": slices, "holes": holes})


def _planned(archive: Archive, views: Views, choices: Choices, sizes: Sizes, now_ms: int) -> Plan:
    found = contents(archive, sizes.slice_bytes, choices.without)
    slices: list[ArchiveSlice] = []
    holes: list[tuple[int, Hole]] = []
    for part in found.parts:
        if isinstance(part, Hole):
            holes.append((len(slices), part))
        else:
            slices.append(part)
    partitions = choices.partitions or 1 + sum(one.stored_bytes for one in slices) // sizes.partition_bytes
    return Plan(
        slices, partitions, views.serving(), now_ms, holes, found.foreign, tuple(choices.without), choices.accept_loss
    )
