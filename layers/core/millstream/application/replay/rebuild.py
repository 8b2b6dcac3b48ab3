"""Rebuild the views: fold a new version from the log while the old one serves, check it, and switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from millstream.application.collect.import_history import numbers_of
from millstream.application.ports import (
    Archive,
    FeatureStore,
    LogReader,
    UnreadableObjectError,
    Views,
    ViewVersion,
    Workspace,
)
from millstream.application.replay.building import (
    FoldedPartition,
    FoldedTrend,
    LostRecordsError,
    begin,
    check,
    check_segment,
    rebuild_partition,
    rebuild_trend,
    sum_of,
    whole_log,
    with_trends,
)
from millstream.application.replay.plan import BY_DEFAULT, Choices, Plan, described, is_outdated, planned
from millstream.application.replay.progress import Progress
from millstream.application.replay.reading import LogRead
from millstream.application.replay.snapshot import take_snapshot
from millstream.application.replay.switching import switch
from millstream.application.replay.users import Tally, tallied
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.log.amendments import Hidden
from millstream.domain.views.digest import Digest

SNAPSHOT = "snapshot"
TRENDS = "trends.json"


@dataclass(frozen=True)
class Rebuilt:
    """A version that serves now. `digest` is that of its rows before it caught up with the stream.

    `live` and `log` are the digests of the replaced rows and of the fold at the same positions. `different` counts
    replaced rows that differ from the log (also because of users erased since), `missing` users without a row. `lost`
    is the number of records that neither archive nor stream had, `unreadable` and `foreign` as in Verification. `added`
    are the numbers of the imports that the replaced version did not have, which makes its rows differ.
    """

    version: ViewVersion
    replaced: int
    digest: str
    rows: int
    tally: Tally
    live: str
    log: str
    different: int
    missing: int
    lost: int = 0
    unreadable: Sequence[str] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    added: Sequence[int] = ()


class DiffersError(ConflictError):
    """The serving rows differ from the log, and the caller asked to rebuild only if they are equal."""


@dataclass(frozen=True)
class Rebuild:
    """Fold the log into a new version and switch to it.

    Resumes when called again after an interruption, unless history was imported since.
    """

    views: Views
    archive: Archive
    reader: LogReader
    workspace: Workspace
    fold_code: str
    now_ms: Callable[[], int]

    def __call__(self, progress: Progress, choices: Choices = BY_DEFAULT, *, only_if_equal: bool = False) -> Rebuilt:
        """Objects that cannot be read are left out, if the archive then says what is missing.

        Raises UnavailableError, ConflictError if another rebuild finished first, DiffersError, LostRecordsError if
        more records are lost than chosen, UnreadableObjectError for an object that does not say what it contains.
        """
        if is_outdated(self.workspace, self.archive):
            self.workspace.clear()
        while True:
            try:
                return self._rebuilt(progress, choices, only_if_equal=only_if_equal)
            except UnreadableObjectError as error:
                self.workspace.clear()
                if not error.counted:
                    raise
                choices = replace(choices, without=(*choices.without, error.name))
            except LostRecordsError:
                self.workspace.clear()  # the next rebuild plans again: the objects may be back
                raise

    def _rebuilt(self, progress: Progress, choices: Choices, *, only_if_equal: bool) -> Rebuilt:
        plan = planned(self.archive, self.views, self.workspace, choices, now_ms=self.now_ms())
        users = self._snapshot(plan, progress)
        log = whole_log(self.archive, self.reader, plan, self.workspace, progress, choices.accept_loss)
        version = begin(self.views, self.workspace, plan, log, self.fold_code, self.now_ms())
        hidden = log.amendments.known_at(version.amended_to)
        store = self.views.store(version.number)
        parts, trends = self._fold(plan, log, hidden, store, progress)
        with progress("Reading the new rows back", sum(part.rows for part in parts)) as advance:
            digest = check(version.number, [check_segment(self.workspace, store, 0, 1, advance)], parts)
        compared = [part.compared for part in parts if part.compared]
        found = Rebuilt(
            version=version,
            replaced=plan.serving,
            digest=with_trends(digest, {shard: trend.row for shard, trend in trends.items()}),
            rows=digest.rows,
            tally=tallied(log.pieces, dict(enumerate(part.tally for part in parts))),
            live=with_trends(users, {shard: trend.live for shard, trend in trends.items()}),
            log=with_trends(sum_of(one.log for one in compared), {shard: trend.log for shard, trend in trends.items()}),
            different=sum(one.different for one in compared) + sum(one.live != one.log for one in trends.values()),
            missing=sum(one.missing for one in compared),
            lost=sum(piece.lost for piece in log.lost),
            unreadable=plan.without,
            foreign=plan.foreign,
            added=self._added(plan.serving, version),
        )
        if only_if_equal and (found.different or found.missing):
            why = f"; it does not have import {', '.join(map(str, found.added))} yet" if found.added else ""
            raise DiffersError(
                f"{found.different} rows of view {plan.serving} differ, {found.missing} are missing{why}"
            )
        with progress("Catching up with the stream", None) as advance:
            switch(self.views, self.reader, self.workspace, plan.serving, version.number, log.reached, hidden, advance)
        self.workspace.clear()
        return found

    def _added(self, serving: int, version: ViewVersion) -> list[int]:
        before = described(self.views, serving)
        return numbers_of(name for name, last in version.imports.items() if not before.has_read(name, last))

    def _snapshot(self, plan: Plan, progress: Progress) -> Digest:
        """Store the serving rows and trends in the workspace; return the digest of the users' rows."""
        try:
            return Digest(int(self.workspace.get(SNAPSHOT), 16))
        except NotFoundError:
            store = self.views.store(plan.serving)
            trends = {shard: row.data.hex() for shard, row in store.read_trends().items()}
            self.workspace.put(TRENDS, json.dumps(trends).encode())
            with progress("Reading the live rows", None) as advance:
                digest = take_snapshot(store, plan.partitions, self.workspace, advance)
            self.workspace.put(SNAPSHOT, str(digest).encode())
            return digest

    def _fold(
        self, plan: Plan, log: LogRead, hidden: Hidden, store: FeatureStore, progress: Progress
    ) -> tuple[list[FoldedPartition], dict[str, FoldedTrend]]:
        parts = []
        with progress("Folding the users", plan.partitions) as advance:
            for number in range(plan.partitions):
                parts.append(rebuild_partition(self.workspace, log, number, hidden, store, compare=True))
                advance(1)
        live = json.loads(self.workspace.get(TRENDS))
        shards = sorted(log.reached.keys() | live.keys())
        trends = {}
        with progress("Folding the trends", len(shards)) as advance:
            for shard in shards:
                trends[shard] = rebuild_trend(
                    self.workspace, log, shard, plan.partitions, store, bytes.fromhex(live.get(shard, ""))
                )
                advance(1)
        return parts, trends
