"""The steps in which a new version of the views comes to be.

Each leaves what it came to in the workspace and is done once, so the steps can run in one process or on many machines.
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
from millstream.application.replay.plan import Plan
from millstream.application.replay.progress import Progress
from millstream.application.replay.reading import LogRead, keep_log, kept_log
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
    """The serving rows of a partition: the digest of the fold at their positions, and how many are not equal to it.

    `missing` users of the log have no row.
    """

    log: str
    different: int
    missing: int


@dataclass(frozen=True)
class FoldedPartition:
    """What one partition came to, with the digest of its rows; `compared` if the serving rows were beside the log."""

    tally: Tally
    rows: int
    digest: str
    compared: Compared | None = None


@dataclass(frozen=True)
class FoldedTrend:
    """One shard's trend in hex: as it was rebuilt, as it serves, and as the fold had it at that position."""

    row: str
    live: str
    log: str


def whole_log(archive: Archive, reader: LogReader, plan: Plan, workspace: Workspace, progress: Progress) -> LogRead:
    """The log as it was when it was read first: every partition must be folded from the same."""
    try:
        return kept_log(workspace)
    except NotFoundError:
        log = read_whole_log(archive, reader, plan, workspace, progress)
        keep_log(workspace, log)
        return log


def begin(views: Views, workspace: Workspace, log: LogRead, fold_code: str, now_ms: int) -> ViewVersion:
    """The version that is built in this workspace. Raises ConflictError if somebody else took its number."""
    try:
        version = begun(workspace, fold_code)
    except NotFoundError:
        number = 1 + max(one.number for one in views.versions())
        version = ViewVersion(number, fold_code, now_ms, log.reached)
        workspace.put(VERSION, json.dumps(asdict(version)).encode())
    # Noted only after the workspace knows: a rebuild that was killed in between finds its own number again.
    if version not in views.versions():
        try:
            views.begin(version)
        except ConflictError:
            # Or it is this very one: the answer was lost, and it was noted again.
            if version not in views.versions():
                raise
    return version


def begun(workspace: Workspace, fold_code: str) -> ViewVersion:
    """The version that was begun. Raises NotFoundError, ConflictError if other code began it."""
    version = ViewVersion(**json.loads(workspace.get(VERSION)))
    if version.fold_code != fold_code:
        raise ConflictError(f"view {version.number} was begun by other code: start this rebuild afresh")
    return version


def rebuild_partition(
    workspace: Workspace, log: LogRead, number: int, hidden: Hidden, store: FeatureStore, *, compare: bool
) -> FoldedPartition:
    """Fold one partition and write its rows, unless that is done; `compare` them with the snapshot that was taken.

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
    """What one partition came to. Raises NotFoundError."""
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
    """Fold one shard's trend and write its row, unless that is done.

    Raises NotDoneError when the budget is over first, UnavailableError, ConflictError.
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
    """What one shard's trend came to. Raises NotFoundError."""
    return FoldedTrend(**json.loads(workspace.get(_trend_name(shard))))


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


def check_segment(
    workspace: Workspace, store: FeatureStore, segment: int, segments: int, advance: Callable[[int], None]
) -> Digest:
    """The digest of one of so many parts of the new rows, as they are read back, unless that is done."""
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
    """The digest of a segment that was read back. Raises NotFoundError."""
    return Digest(**json.loads(workspace.get(_segment_name(segment))))


def check(view: int, stored: Sequence[Digest], parts: Sequence[FoldedPartition]) -> Digest:
    """The digest of all rows. Raises ConflictError if what was read back is not what was folded."""
    found, expected = Digest(), sum_of(part.digest for part in parts)
    for digest in stored:
        found.add(digest)
    if found.value != expected.value:
        raise ConflictError(f"view {view} holds {found}, and {expected} was folded")
    return found


def sum_of(digests: Iterator[str]) -> Digest:
    """The digest of the rows of all of them."""
    total = Digest()
    for digest in digests:
        total.add(Digest(int(digest, 16)))
    return total


def with_trends(users: Digest, trends: Mapping[str, str]) -> str:
    """The digest of users' rows and of trend rows in hex, by shard; a shard without a row counts for nothing."""
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
    """The rows of the users of whom the log says anything that counts."""
    return ((user, user_row.pack(state)) for user, state in states.items() if state.sequence)
