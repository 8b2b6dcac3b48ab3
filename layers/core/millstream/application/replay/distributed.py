"""The steps of a rebuild as separate calls, for many machines. Shared state is in a workspace.

A rebuild is identified by the name of its workspace. Each call can be repeated at any time, and resumes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from millstream.application.ports import Archive, Budget, LogReader, Views, Workspace
from millstream.application.replay.building import (
    FoldedPartition,
    begin,
    begun,
    check,
    check_segment,
    checked_segment,
    rebuild_partition,
    rebuild_trend,
    rebuilt_partition,
    rebuilt_trend,
    whole_log,
    with_trends,
)
from millstream.application.replay.plan import BY_DEFAULT, Choices, Plan, Sizes, planned, stored_plan
from millstream.application.replay.progress import silently
from millstream.application.replay.reading import Piece, kept_log, split_slice
from millstream.application.replay.switching import switch
from millstream.application.replay.users import Tally, tallied
from millstream.domain.errors import ConflictError, InvalidInputError, NotFoundError
from millstream.domain.views.digest import Digest

ON_MANY_MACHINES = Sizes(512 * 2**20, 2**30)
"""Larger than on one machine, because each object is a request: half a minute of one core, a few hundred MiB."""

SLICES = "items/slices.json"
PARTITIONS = "items/partitions.json"
"""The numbers of the slices and of the partitions as [{"number": 0}, ...], one per call."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")

Workspaces = Callable[[str], Workspace]
"""The workspace of a rebuild, by its name."""


@dataclass(frozen=True)
class PlanRebuild:
    """First step: plan the work. A rebuild that was planned before keeps its plan."""

    archive: Archive
    views: Views
    workspaces: Workspaces
    now_ms: Callable[[], int]

    def __call__(self, name: str, choices: Choices = BY_DEFAULT) -> Plan:
        """Raises InvalidInputError, UnavailableError, ConflictError for a name that is too old or was used."""
        workspace = self.workspaces(valid_name(name))
        try:
            stored_plan(workspace)
        except NotFoundError:
            # Remains of a rebuild whose plan has expired must not be mixed with another.
            if workspace.names(""):
                raise ConflictError(
                    f"{name} holds remains of an old rebuild: start a new one, under another name"
                ) from None
        plan = planned(self.archive, self.views, workspace, choices, ON_MANY_MACHINES, self.now_ms())
        workspace.put(SLICES, _numbers(len(plan.slices)))
        workspace.put(PARTITIONS, _numbers(plan.partitions))
        return plan


@dataclass(frozen=True)
class SplitArchive:
    """For each slice of the archive: split it by user."""

    archive: Archive
    workspaces: Workspaces

    def __call__(self, name: str, number: int) -> Piece:
        """Raises NotFoundError for a rebuild that was not planned, UnavailableError."""
        workspace = self.workspaces(name)
        return split_slice(self.archive, stored_plan(workspace), number, workspace)


@dataclass(frozen=True)
class Begun:
    """The version that is built, and its shards with trends."""

    view: int
    shards: Sequence[str]


@dataclass(frozen=True)
class SplitStream:
    """After the archive is split: split the newer records of the stream, and create the version."""

    archive: Archive
    reader: LogReader
    views: Views
    workspaces: Workspaces
    fold_code: str
    now_ms: Callable[[], int]

    def __call__(self, name: str) -> Begun:
        """Raises NotFoundError, UnavailableError, ConflictError, LostRecordsError."""
        workspace = self.workspaces(name)
        plan = stored_plan(workspace)
        log = whole_log(self.archive, self.reader, plan, workspace, silently, plan.accept_loss)
        version = begin(self.views, workspace, plan, log, self.fold_code, self.now_ms())
        return Begun(version.number, sorted(log.reached))


@dataclass(frozen=True)
class FoldUsers:
    """For each partition: fold its users and write their rows."""

    views: Views
    workspaces: Workspaces
    fold_code: str

    def __call__(self, name: str, number: int, budget: Budget) -> FoldedPartition:
        """Raises NotFoundError, UnavailableError, ConflictError."""
        workspace = self.workspaces(name)
        version, log = begun(workspace, self.fold_code), kept_log(workspace)
        hidden = log.amendments.known_at(version.amended_to)
        store = self.views.store(version.number, budget)
        return rebuild_partition(workspace, log, number, hidden, store, compare=False)


@dataclass(frozen=True)
class FoldTrends:
    """For each shard, after all users are folded: fold its trend and write its row."""

    views: Views
    workspaces: Workspaces
    fold_code: str

    def __call__(self, name: str, shard: str, budget: Budget) -> None:
        """Raises NotDoneError if the budget ends first, NotFoundError, UnavailableError, ConflictError."""
        workspace = self.workspaces(name)
        store = self.views.store(begun(workspace, self.fold_code).number)
        rebuild_trend(workspace, kept_log(workspace), shard, stored_plan(workspace).partitions, store, budget=budget)


@dataclass(frozen=True)
class CheckView:
    """For each segment (as many as partitions): read its rows back."""

    views: Views
    workspaces: Workspaces
    fold_code: str

    def __call__(self, name: str, segment: int) -> Digest:
        """Raises NotFoundError, UnavailableError."""
        workspace = self.workspaces(name)
        store = self.views.store(begun(workspace, self.fold_code).number)
        return check_segment(workspace, store, segment, stored_plan(workspace).partitions, lambda _: None)


@dataclass(frozen=True)
class Switched:
    """A version that serves now; `digest` is that of its rows before it caught up with the stream."""

    view: int
    replaced: int
    rows: int
    digest: str
    tally: Tally


@dataclass(frozen=True)
class SwitchView:
    """Last step: check the stored rows against the folded ones, catch up with the stream, and switch."""

    views: Views
    reader: LogReader
    workspaces: Workspaces
    fold_code: str

    def __call__(self, name: str, budget: Budget) -> Switched:
        """Raises NotDoneError if the budget ends first, NotFoundError, UnavailableError, ConflictError."""
        workspace = self.workspaces(name)
        version, plan, log = begun(workspace, self.fold_code), stored_plan(workspace), kept_log(workspace)
        numbers = range(plan.partitions)
        parts = [rebuilt_partition(workspace, number) for number in numbers]
        users = check(version.number, [checked_segment(workspace, number) for number in numbers], parts)
        trends = {shard: rebuilt_trend(workspace, shard).row for shard in log.reached}
        hidden = log.amendments.known_at(version.amended_to)
        switch(
            self.views,
            self.reader,
            workspace,
            plan.serving,
            version.number,
            log.reached,
            hidden,
            lambda _: None,
            budget,
        )
        tally = tallied(log.pieces, {number: part.tally for number, part in enumerate(parts)})
        return Switched(version.number, plan.serving, users.rows, with_trends(users, trends), tally)


def valid_name(name: str) -> str:
    """The name of a rebuild, which becomes a part of keys. Raises InvalidInputError."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError("workspace", "1 to 80 letters, digits, - and _", name)
    return name


def _numbers(count: int) -> bytes:
    return json.dumps([{"number": number} for number in range(count)]).encode()
