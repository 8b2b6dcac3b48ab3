"""A new version of the views is folded from the log beside the one that serves, checked, and takes over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from freshet.application.ports import Archive, FeatureStore, LogReader, UserWrite, Views, ViewVersion, Workspace
from freshet.application.replay.comparing import Watch
from freshet.application.replay.plan import Plan, planned
from freshet.application.replay.progress import Progress
from freshet.application.replay.reading import LogRead, read_log, read_piece
from freshet.application.replay.snapshot import snapshot_of, take_snapshot
from freshet.application.replay.switching import switch
from freshet.application.replay.trends import fold_trend
from freshet.application.replay.users import Tally, fold_partition, tallied
from freshet.application.replay.verify import read_whole_log
from freshet.domain import trend_row, user_row
from freshet.domain.amendments import Hidden
from freshet.domain.digest import Digest
from freshet.domain.errors import ConflictError, NotFoundError, UnavailableError
from freshet.domain.keys import Pseudonym
from freshet.domain.user_state import UserState

ROWS_A_WRITE = 1000
VERSION = "version.json"
SNAPSHOT = "snapshot"
TRENDS = "trends.json"
LOG = "log.json"
CHECKED = "checked.json"


@dataclass(frozen=True)
class FoldedPartition:
    """What one partition came to: the digest of its rows, and how many rows of the serving version differ from them.

    Compared is at the position of each serving row; `log` is the digest of the fold at these positions.
    """

    tally: Tally
    rows: int
    digest: str
    log: str
    different: int
    missing: int


@dataclass(frozen=True)
class FoldedTrend:
    """One shard's trend in hex: as it was rebuilt, as it serves, and as the fold had it at that position."""

    row: str
    live: str
    log: str


@dataclass(frozen=True)
class Rebuilt:
    """A version that took over. `digest` is that of its rows as far as the archive and the stream went at first.

    `live` and `log` are the digests of the rows that served, and of the fold at the same positions; `different` of
    these rows were not what the log says, which was amended since if a user was erased, and `missing` users had none.
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


class DiffersError(ConflictError):
    """The serving rows are not what the log says, and the caller wanted a rebuild only if they are."""


@dataclass(frozen=True)
class Rebuild:
    """Fold the log into a new version and let it serve. Killed at any point, it goes on there when called again."""

    views: Views
    archive: Archive
    reader: LogReader
    workspace: Workspace
    fold_code: str
    now_ms: Callable[[], int]

    def __call__(self, progress: Progress, partitions: int | None = None, *, only_if_equal: bool = False) -> Rebuilt:
        """Raises UnavailableError, ConflictError if another rebuild was first, DiffersError."""
        plan = planned(self.archive, self.views, self.workspace, partitions)
        users = self._snapshot(plan, progress)
        log = self._log(plan, progress)
        version = begin(self.views, self.workspace, log, self.fold_code, self.now_ms())
        hidden = log.amendments.known_at(version.amended_to)
        store = self.views.store(version.number)
        parts, trends = self._fold(plan, log, hidden, store, progress)
        digest = check(self.workspace, store, parts, progress)
        found = Rebuilt(
            version=version,
            replaced=plan.serving,
            digest=_with_trends(digest, {shard: trend.row for shard, trend in trends.items()}),
            rows=digest.rows,
            tally=tallied(log.pieces, dict(enumerate(part.tally for part in parts))),
            live=_with_trends(users, {shard: trend.live for shard, trend in trends.items()}),
            log=_with_trends(_sum(part.log for part in parts), {shard: trend.log for shard, trend in trends.items()}),
            different=sum(part.different for part in parts) + sum(one.live != one.log for one in trends.values()),
            missing=sum(part.missing for part in parts),
        )
        if only_if_equal and (found.different or found.missing):
            raise DiffersError(f"{found.different} rows of view {plan.serving} differ, {found.missing} are missing")
        with progress("Catching up with the stream", None) as advance:
            switch(self.views, self.reader, plan.serving, version.number, log.reached, hidden, advance)
        self.workspace.clear()
        return found

    def _snapshot(self, plan: Plan, progress: Progress) -> Digest:
        """The digest of the users' rows that serve, which are put beside the log with the trends."""
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

    def _log(self, plan: Plan, progress: Progress) -> LogRead:
        """The log as it was when it was read first: every partition must be folded from the same."""
        try:
            names = json.loads(self.workspace.get(LOG))
        except NotFoundError:
            log = read_whole_log(self.archive, self.reader, plan, self.workspace, progress)
            self.workspace.put(LOG, json.dumps([piece.name for piece in log.pieces]).encode())
            return log
        return read_log(self.workspace, [read_piece(self.workspace, name) for name in names])

    def _fold(
        self, plan: Plan, log: LogRead, hidden: Hidden, store: FeatureStore, progress: Progress
    ) -> tuple[list[FoldedPartition], dict[str, FoldedTrend]]:
        parts = []
        with progress("Folding the users", plan.partitions) as advance:
            for number in range(plan.partitions):
                parts.append(rebuild_partition(self.workspace, log, number, hidden, store))
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


def begin(views: Views, workspace: Workspace, log: LogRead, fold_code: str, now_ms: int) -> ViewVersion:
    """The version that is built in this workspace. Raises ConflictError if somebody else took its number."""
    try:
        version = ViewVersion(**json.loads(workspace.get(VERSION)))
    except NotFoundError:
        number = 1 + max(one.number for one in views.versions())
        version = ViewVersion(number, fold_code, now_ms, log.reached)
        workspace.put(VERSION, json.dumps(asdict(version)).encode())
    if version.fold_code != fold_code:
        raise ConflictError(f"view {version.number} was begun by other code: start this rebuild afresh")
    # Noted only after the workspace knows: a rebuild that was killed in between finds its own number again.
    if version not in views.versions():
        views.begin(version)
    return version


def rebuild_partition(
    workspace: Workspace, log: LogRead, number: int, hidden: Hidden, store: FeatureStore
) -> FoldedPartition:
    """Fold one partition and write its rows, unless that is done. Raises UnavailableError, ConflictError."""
    name = f"folded/part-{number:05}.json"
    try:
        stored = json.loads(workspace.get(name))
        return FoldedPartition(**{**stored, "tally": Tally(**stored["tally"])})
    except NotFoundError:
        pass
    live = snapshot_of(workspace, number)
    watch = Watch(live, {})
    folded = fold_partition(workspace, log.pieces, number, hidden, watch)
    watch.finish(folded.states)
    digest = Digest()
    missing = 0
    for user, row in _packed(folded.states):
        digest.add_user(user, row)
        missing += user not in live and not user_row.is_blank(row)
    write_rows(store, folded.states)
    done = FoldedPartition(folded.tally, digest.rows, str(digest), str(watch.log), len(watch.different), missing)
    workspace.put(name, json.dumps(asdict(done)).encode())
    return done


def rebuild_trend(
    workspace: Workspace, log: LogRead, shard: str, partitions: int, store: FeatureStore, live: bytes = b""
) -> FoldedTrend:
    """Fold one shard's trend and write its row, unless that is done. Raises UnavailableError, ConflictError."""
    name = f"folded/trend-{shard}.json"
    try:
        return FoldedTrend(**json.loads(workspace.get(name)))
    except NotFoundError:
        pass
    pieces = [piece for piece in log.pieces if piece.shard == shard]
    row = fold_trend(workspace, pieces, partitions)
    at_live = fold_trend(workspace, pieces, partitions, trend_row.unpack(live).sequence) if live else b""
    if row:
        try:
            store.write_trend(shard, 0, row)
        except ConflictError:
            if store.read_trend(shard).data != row:
                raise
    done = FoldedTrend(row.hex(), live.hex(), at_live.hex())
    workspace.put(name, json.dumps(asdict(done)).encode())
    return done


def write_rows(store: FeatureStore, states: Mapping[Pseudonym, UserState]) -> None:
    """Write the rows of new users; rows that an earlier attempt wrote are the same. Raises ConflictError if not."""
    rows = _packed(states)
    while some := dict(islice(rows, ROWS_A_WRITE)):
        report = store.write_users([UserWrite(user, 0, row) for user, row in some.items()])
        if report.unavailable:
            raise UnavailableError(f"{len(report.unavailable)} rows of view {store.view} were not taken")
        written = store.read_users(report.stale)
        if any(written[user].data != some[user] for user in report.stale):
            raise ConflictError(f"view {store.view} has rows that are not of this rebuild")


def check(workspace: Workspace, store: FeatureStore, parts: Sequence[FoldedPartition], progress: Progress) -> Digest:
    """Read the new rows back, unless that is done: their digest must be that of what was folded, else ConflictError."""
    try:
        return Digest(**json.loads(workspace.get(CHECKED)))
    except NotFoundError:
        pass
    expected = _sum(part.digest for part in parts)
    stored = Digest()
    with progress("Reading the new rows back", sum(part.rows for part in parts)) as advance:
        for user, row in store.all_users():
            stored.add_user(user, row.data)
            advance(1)
    if stored.value != expected.value:
        raise ConflictError(f"view {store.view} holds {stored}, and {expected} was folded")
    workspace.put(CHECKED, json.dumps({"value": stored.value, "rows": stored.rows}).encode())
    return stored


def _with_trends(users: Digest, trends: Mapping[str, str]) -> str:
    digest = Digest(users.value)
    for shard, row in trends.items():
        if row:
            digest.add_trend(shard, bytes.fromhex(row))
    return str(digest)


def _packed(states: Mapping[Pseudonym, UserState]) -> Iterator[tuple[Pseudonym, bytes]]:
    """The rows of the users of whom the log says anything that counts."""
    return ((user, user_row.pack(state)) for user, state in states.items() if state.sequence)


def _sum(digests: Iterator[str]) -> Digest:
    total = Digest()
    for digest in digests:
        total.add(Digest(int(digest, 16)))
    return total
