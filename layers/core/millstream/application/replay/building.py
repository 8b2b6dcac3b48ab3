"""The steps that build a new version of the views.

Each stores its result in the workspace and runs once, so the steps can run in one process or on many machines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from millstream.application.ports import (
    UNHURRIED,
    Archive,
    Budget,
    FeatureStore,
    LogReader,
    UserWrite,
    Views,
    ViewVersion,
    Workspace,
)
from millstream.application.replay.comparing import RowComparison
from millstream.application.replay.plan import Plan, void_imports
from millstream.application.replay.progress import Progress
from millstream.application.replay.reading import LogRead, Piece, keep_log, kept_log
from millstream.application.replay.snapshot import snapshot_of
from millstream.application.replay.trends import fold_trend, fold_trend_on
from millstream.application.replay.users import Tally, fold_partition
from millstream.application.replay.verify import read_whole_log
from millstream.domain.errors import ConflictError, NotFoundError, UnavailableError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Hidden
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.digest import Digest
from millstream.domain.views.user_state import UserState

ROWS_A_WRITE = 1000
VERSION = "version.json"


@dataclass(frozen=True)
class Compared:
    """The comparison of a partition's serving rows with the fold at their positions.

    The digest is that of the fold; `missing` is the number of users in the log without a row.
    """

    log: str
    different: int
    missing: int


@dataclass(frozen=True)
class FoldedPartition:
    """The result of one partition, with the digest of its rows; `compared` if serving rows were compared."""

    tally: Tally
    rows: int
    digest: str
    compared: Compared | None = None


@dataclass(frozen=True)
class FoldedTrend:
    """One shard's trend in hex: rebuilt, serving, and folded up to the serving one's position."""

    row: str
    live: str
    log: str


class LostRecordsError(ConflictError):
    """Records of the log are neither in the archive nor in the stream, so the new version would lack their events."""

    def __init__(self, lost: Sequence[Piece]) -> None:
        self.lost = tuple(lost)
        self.records = sum(piece.lost for piece in lost)
        where = ", ".join(f"{piece.lost} of {piece.shard} up to {piece.last}" for piece in lost)
        super().__init__(f"the archive and the stream lack {self.records} accepted records: {where}")


def whole_log(
    archive: Archive, reader: LogReader, plan: Plan, workspace: Workspace, progress: Progress, accept_loss: int = 0
) -> LogRead:
    """The log as of its first reading; all partitions must be folded from the same log.

    Raises UnavailableError, UnreadableObjectError, LostRecordsError if more than `accept_loss` records are lost.
    """
    try:
        log = kept_log(workspace)
    except NotFoundError:
        log = read_whole_log(archive, reader, plan, workspace, progress)
        keep_log(workspace, log)
    if sum(piece.lost for piece in log.lost) > accept_loss:
        raise LostRecordsError(log.lost)
    return log


def begin(views: Views, workspace: Workspace, plan: Plan, log: LogRead, fold_code: str, now_ms: int) -> ViewVersion:
    """The version that is built in this workspace. Raises ConflictError if its number is taken."""
    try:
        version = begun(workspace, fold_code)
    except NotFoundError:
        number = 1 + max(one.number for one in views.versions())
        void = void_imports(plan.imports, log.amendments.known_at(log.reached))
        version = ViewVersion(
            number,
            fold_code,
            now_ms,
            log.reached,
            imports={name: last for name, last in plan.imports.items() if name not in void},
            void={name: last for name, last in plan.imports.items() if name in void},
        )
        workspace.put(VERSION, json.dumps(asdict(version)).encode())
    # Recorded after the workspace has it, so that a rebuild that was killed in between finds its number again.
    if version not in views.versions():
        try:
            views.begin(version)
        except ConflictError:
            # Unless it is this very version, recorded again after a lost response.
            if version not in views.versions():
                raise
    return version


def begun(workspace: Workspace, fold_code: str) -> ViewVersion:
    """The version of this workspace. Raises NotFoundError, ConflictError if other code started it."""
    version = ViewVersion(**json.loads(workspace.get(VERSION)))
    if version.fold_code != fold_code:
        raise ConflictError(
            f"view {version.number} was started by another version of the code: start this rebuild afresh"
        )
    return version


def rebuild_partition(
    workspace: Workspace, log: LogRead, number: int, hidden: Hidden, store: FeatureStore, *, compare: bool
) -> FoldedPartition:
    """Fold one partition and write its rows, unless done; with `compare`, compare them with the snapshot.

    Raises UnavailableError, ConflictError.
    """
    try:
        return rebuilt_partition(workspace, number)
    except NotFoundError:
        pass
    comparison = RowComparison(snapshot_of(workspace, number), {}) if compare else None
    folded = fold_partition(workspace, log.pieces, number, hidden, comparison)
    compared = _compared(comparison, folded.states) if comparison else None
    digest = Digest()
    for user, row in _packed(folded.states):
        digest.add_user(user, row)
    write_rows(store, folded.states)
    done = FoldedPartition(folded.tally, digest.rows, str(digest), compared)
    workspace.put(_partition_name(number), json.dumps(asdict(done)).encode())
    return done


def rebuilt_partition(workspace: Workspace, number: int) -> FoldedPartition:
    """The result of one partition. Raises NotFoundError."""
    stored = json.loads(workspace.get(_partition_name(number)))
    compared = stored["compared"] and Compared(**stored["compared"])
    return FoldedPartition(**{**stored, "tally": Tally(**stored["tally"]), "compared": compared})


def rebuild_trend(
    workspace: Workspace,
    log: LogRead,
    shard: str,
    partitions: int,
    store: FeatureStore,
    live: bytes = b"",
    budget: Budget = UNHURRIED,
) -> FoldedTrend:
    """Fold one shard's trend and write its row, unless done.

    Raises NotDoneError if the budget ends first, UnavailableError, ConflictError.
    """
    try:
        return rebuilt_trend(workspace, shard)
    except NotFoundError:
        pass
    pieces = [piece for piece in log.pieces if piece.shard == shard]
    row = fold_trend_on(workspace, pieces, partitions, budget)
    at_live = fold_trend(workspace, pieces, partitions, trend_row.reached(live)) if live else b""
    if row:
        try:
            store.write_trend(shard, 0, row)
        except ConflictError:
            if store.read_trend(shard).data != row:
                raise
    done = FoldedTrend(row.hex(), live.hex(), at_live.hex())
    workspace.put(_trend_name(shard), json.dumps(asdict(done)).encode())
    return done


def rebuilt_trend(workspace: Workspace, shard: str) -> FoldedTrend:
    """The result of one shard's trend. Raises NotFoundError."""
    return FoldedTrend(**json.loads(workspace.get(_trend_name(shard))))


def write_rows(store: FeatureStore, states: Mapping[Pseudonym, UserState]) -> None:
    """Write the rows of new users. Rows of an earlier attempt must be equal. Raises ConflictError if not."""
    rows = _packed(states)
    while some := dict(islice(rows, ROWS_A_WRITE)):
        report = store.write_users([UserWrite(user, 0, row) for user, row in some.items()])
        if report.unavailable:
            raise UnavailableError(f"{len(report.unavailable)} rows of view {store.view} were not written")
        written = store.read_users(report.stale)
        if any(written[user].data != some[user] for user in report.stale):
            raise ConflictError(f"view {store.view} has rows of another rebuild")


def check_segment(
    workspace: Workspace, store: FeatureStore, segment: int, segments: int, advance: Callable[[int], None]
) -> Digest:
    """Read back one segment of the new rows and store its digest, unless done."""
    try:
        return checked_segment(workspace, segment)
    except NotFoundError:
        pass
    stored = Digest()
    for user, row in store.all_users(segment, segments):
        stored.add_user(user, row.data)
        advance(1)
    workspace.put(_segment_name(segment), json.dumps({"value": stored.value, "rows": stored.rows}).encode())
    return stored


def checked_segment(workspace: Workspace, segment: int) -> Digest:
    """The digest of a segment. Raises NotFoundError."""
    return Digest(**json.loads(workspace.get(_segment_name(segment))))


def check(view: int, stored: Sequence[Digest], parts: Sequence[FoldedPartition]) -> Digest:
    """The digest of all rows. Raises ConflictError if the stored rows differ from the folded ones."""
    found, expected = Digest(), sum_of(part.digest for part in parts)
    for digest in stored:
        found.add(digest)
    if found.value != expected.value:
        raise ConflictError(f"view {view} holds {found}, but {expected} was folded")
    return found


def sum_of(digests: Iterator[str]) -> Digest:
    """The digest of all their rows."""
    total = Digest()
    for digest in digests:
        total.add(Digest(int(digest, 16)))
    return total


def with_trends(users: Digest, trends: Mapping[str, str]) -> str:
    """The digest of users' rows and of trend rows (hex, by shard); shards without a row add nothing."""
    digest = Digest(users.value)
    for shard, row in trends.items():
        if row:
            digest.add_trend(shard, bytes.fromhex(row))
    return str(digest)


def _compared(comparison: RowComparison, states: Mapping[Pseudonym, UserState]) -> Compared:
    comparison.finish(states)
    missing = sum(user not in comparison.rows and not user_row.is_blank(row) for user, row in _packed(states))
    return Compared(str(comparison.log), len(comparison.different), missing)


def _partition_name(number: int) -> str:
    return f"folded/part-{number:05}.json"


def _trend_name(shard: str) -> str:
    return f"folded/trend-{shard}.json"


def _segment_name(segment: int) -> str:
    return f"checked/segment-{segment:05}.json"


def _packed(states: Mapping[Pseudonym, UserState]) -> Iterator[tuple[Pseudonym, bytes]]:
    """The rows of users with at least one event that counts."""
    return ((user, user_row.pack(state)) for user, state in states.items() if state.sequence)
