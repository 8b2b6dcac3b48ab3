"""The plan of a replay, fixed at its start so that an interrupted one resumes with the same plan."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from millstream.application.collect.completeness import Hole, contents
from millstream.application.collect.import_history import number_of, range_of
from millstream.application.ports import Archive, ArchiveSlice, Views, ViewVersion, Workspace
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.formats import UNNUMBERED, check_format
from millstream.domain.log.amendments import Hidden
from millstream.domain.log.positions import shard_number

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
    left out, with the reason. `imports` and `waiting` are those of `Contents`.
    """

    slices: Sequence[ArchiveSlice]
    partitions: int
    serving: int
    began_at_ms: int = 0
    holes: Sequence[tuple[int, Hole]] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    accept_loss: int = 0
    imports: Mapping[str, int] = field(default_factory=dict)
    waiting: Sequence[str] = ()


def planned(
    archive: Archive,
    views: Views,
    workspace: Workspace,
    choices: Choices = BY_DEFAULT,
    sizes: Sizes = ON_ONE_MACHINE,
    now_ms: int = 0,
    *,
    as_built: bool = False,
) -> Plan:
    """The plan in the workspace, or a new one for the current archive; `as_built`: for what the serving version read.

    Raises UnavailableError, ConflictError for a plan that is too old, UnknownFormatError for one of newer code.
    """
    try:
        plan = stored_plan(workspace)
    except NotFoundError:
        # Objects without a plan are left from a replay that finished and was killed during its cleanup.
        if workspace.names(""):
            workspace.clear()
        plan = _planned(archive, views, choices, sizes, now_ms, as_built=as_built)
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


def described(views: Views, number: int) -> ViewVersion:
    """A version of the views, also the first one of a stack, which nobody recorded."""
    return next((one for one in views.versions() if one.number == number), ViewVersion(number))


def void_imports(names: Collection[str], hidden: Hidden) -> set[str]:
    """Those of these imports, by the names of their heads, whose records are void."""
    firsts = {name: range_of(number)[0] for name in names if (number := number_of(name)) is not None}
    return {name for name, (shard, at) in firsts.items() if hidden.in_void_range((shard_number(shard), at))}


def is_outdated(workspace: Workspace, archive: Archive) -> bool:
    """Whether the plan in the workspace, if any, was made before an import that is complete now."""
    try:
        plan = stored_plan(workspace)
    except NotFoundError:
        return False
    heads = {name: head for name, head in archive.heads().items() if number_of(name) is not None}
    return any(head.last > plan.imports.get(name, 0) for name, head in heads.items())


def _planned(archive: Archive, views: Views, choices: Choices, sizes: Sizes, now_ms: int, *, as_built: bool) -> Plan:
    serving = views.serving()
    read_by = described(views, serving) if as_built else None
    found = contents(archive, sizes.slice_bytes, choices.without, read_by)
    slices: list[ArchiveSlice] = []
    holes: list[tuple[int, Hole]] = []
    for part in found.parts:
        if isinstance(part, Hole):
            holes.append((len(slices), part))
        else:
            slices.append(part)
    partitions = choices.partitions or 1 + sum(one.stored_bytes for one in slices) // sizes.partition_bytes
    return Plan(
        slices,
        partitions,
        serving,
        now_ms,
        holes,
        found.foreign,
        tuple(choices.without),
        choices.accept_loss,
        found.imports,
        found.waiting,
    )
