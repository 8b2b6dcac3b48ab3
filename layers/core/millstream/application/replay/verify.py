"""Verify the live views: compare every row with a fresh fold of the log up to the same position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

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
from millstream.application.replay.comparing import Difference, RowComparison
from millstream.application.replay.plan import Choices, Plan, described, planned, void_imports
from millstream.application.replay.progress import Progress
from millstream.application.replay.reading import (
    LogRead,
    Piece,
    archived_until,
    partition_of,
    read_log,
    split_hole,
    split_slice,
    split_tail,
)
from millstream.application.replay.snapshot import snapshot_of, take_snapshot
from millstream.application.replay.trends import fold_trend
from millstream.application.replay.users import Tally, fold_partition, tallied
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Hidden
from millstream.domain.log.positions import shard_number
from millstream.domain.views import trend_row
from millstream.domain.views.digest import Digest

ATTEMPTS = 4
"""How often differing rows are read again before they are reported: a batch may be in flight."""

NAMED = 20
"""Differences that are reported in full."""


@dataclass(frozen=True)
class Verification:
    """The digests of the live views and of the log at the same positions, and the differences.

    `lost` are parts of the log with records that neither the archive nor the stream has, `unreadable` the names of
    objects of the archive that were left out, `foreign` other keys under its prefix, with the reason. `held` are parts
    that the archive lacks and the stream still holds: the log is complete as long as it does.

    `waiting` are the numbers of imports that the view was not built from, wholly or in part: it is compared with the
    log without what it lacks of them. `void` are those of imports that it was built from before they were void.
    """

    view: ViewVersion
    live: str
    log: str
    users: int
    tally: Tally
    different: int
    differences: Sequence[Difference] = ()
    reached: Mapping[str, int] = field(default_factory=dict)
    lost: Sequence[Piece] = ()
    unreadable: Sequence[str] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    held: Sequence[Piece] = ()
    waiting: Sequence[int] = ()
    void: Sequence[int] = ()

    @property
    def equal(self) -> bool:
        """Whether the log is complete, and every row matches it."""
        return not self.different and not self.lost and not self.unreadable and not self.waiting


@dataclass(frozen=True)
class Verify:
    """Verify the serving views. Changes nothing but the workspace, which is empty at the start."""

    views: Views
    archive: Archive
    reader: LogReader
    workspace: Workspace
    wait: Callable[[], None]

    def __call__(self, progress: Progress, partitions: int | None = None) -> Verification:
        """Compare the serving version with the log. Raises UnavailableError."""
        unreadable: list[str] = []
        while True:
            try:
                return self._verified(progress, Choices(partitions, unreadable))
            except UnreadableObjectError as error:
                unreadable.append(error.name)
                self.workspace.clear()

    def _verified(self, progress: Progress, choices: Choices) -> Verification:
        plan = planned(self.archive, self.views, self.workspace, choices, as_built=True)
        version = described(self.views, plan.serving)
        comparison = Comparison(self.views.store(plan.serving), plan, self.workspace)
        # The log is read after the rows, so that it contains everything that they contain.
        comparison.take_snapshot(progress)
        log = read_whole_log(self.archive, self.reader, plan, self.workspace, progress)
        hidden = log.amendments.known_at(version.amended_to)
        comparison.compare(log, hidden, progress)
        for _ in range(ATTEMPTS):
            if not comparison.different:
                break
            self.wait()
            comparison.read_again()
            log = read_log(self.workspace, [*archived(log), *read_tail(self.reader, plan, self.workspace)])
            comparison.compare_again(log, hidden)
        void = void_imports([*plan.waiting, *version.imports], log.amendments.known_at(log.reached))
        return replace(
            comparison.verification(version, log, plan),
            waiting=numbers_of(name for name in plan.waiting if name not in void),
            void=numbers_of(name for name in version.imports if name in void),
        )


def read_whole_log(
    archive: Archive, reader: LogReader, plan: Plan, workspace: Workspace, progress: Progress
) -> LogRead:
    """Split the archive, what the stream holds of its holes, and the newer records of the stream.

    Raises UnavailableError, UnreadableObjectError.
    """
    pieces: list[Piece] = []
    with progress("Reading the archive", sum(one.stored_bytes for one in plan.slices)) as advance:
        for number, slice_ in enumerate(plan.slices):
            pieces.append(split_slice(archive, plan, number, workspace))
            advance(slice_.stored_bytes)
    with progress("Reading the stream", None) as advance:
        for piece in chain(read_holes(reader, plan, workspace), read_tail(reader, plan, workspace)):
            pieces.append(piece)
            advance(piece.records)
    return read_log(workspace, pieces)


def read_holes(reader: LogReader, plan: Plan, workspace: Workspace) -> list[Piece]:
    """Split what the stream still holds of the archive's holes."""
    return [split_hole(reader, plan, number, workspace) for number in range(len(plan.holes))]


def read_tail(reader: LogReader, plan: Plan, workspace: Workspace) -> list[Piece]:
    """Split the records of the stream after the archive; records that were split before are not read again."""
    until = archived_until(plan)
    return [
        piece
        for shard in reader.shards()
        for piece in split_tail(reader, shard.name, until.get(shard.name), plan.partitions, workspace)
    ]


def archived(log: LogRead) -> list[Piece]:
    """The pieces that came from the archive."""
    return [piece for piece in log.pieces if "/archive-" in piece.name]


class Comparison:
    """The comparison of one version's rows with the log."""

    def __init__(self, store: FeatureStore, plan: Plan, workspace: Workspace) -> None:
        self._store = store
        self._plan = plan
        self._workspace = workspace
        self._live = Digest()
        self._log = Digest()
        self._trends: dict[str, bytes] = {}
        self._tally = Tally()
        self._users: dict[Pseudonym, tuple[bytes | None, bytes | None]] = {}
        self._shards: dict[str, tuple[bytes | None, bytes | None]] = {}
        self._again: dict[Pseudonym, bytes] = {}

    @property
    def different(self) -> int:
        """The number of rows that differ from the log."""
        return len(self._users) + len(self._shards)

    def take_snapshot(self, progress: Progress) -> None:
        """Read the rows. The trends first: the users contain the same events, or will in a moment."""
        self._read_trends()
        with progress("Reading the live rows", None) as advance:
            self._live = take_snapshot(self._store, self._plan.partitions, self._workspace, advance)

    def compare(self, log: LogRead, hidden: Hidden, progress: Progress) -> None:
        """Fold the log and compare every row with it."""
        tallies = {}
        with progress("Folding the users", self._plan.partitions) as advance:
            for number in range(self._plan.partitions):
                comparison = RowComparison(snapshot_of(self._workspace, number), self._frontier(log))
                tallies[number] = self._fold(log, number, hidden, comparison)
                advance(1)
        self._tally = tallied(log.pieces, tallies)
        self._compare_trends(log)

    def read_again(self) -> None:
        """Read the differing rows again."""
        rows = self._store.read_users(self._users.keys())
        self._again = {user: row.data for user, row in rows.items()}
        for user, (live, expected) in self._users.items():
            if live is not None:
                self._live.remove_user(user, live)
            if user in self._again:
                self._live.add_user(user, self._again[user])
            if expected is not None:
                self._log.remove_user(user, expected)
        self._read_trends()

    def compare_again(self, log: LogRead, hidden: Hidden) -> None:
        """Compare the rows that were read again."""
        users, self._users = self._users, {}
        for number in {partition_of(user, self._plan.partitions) for user in users}:
            mine = {user for user in users if partition_of(user, self._plan.partitions) == number}
            rows = {user: row for user, row in self._again.items() if user in mine}
            self._fold(log, number, hidden, RowComparison(rows, self._frontier(log), mine))
        self._compare_trends(log)

    def verification(self, version: ViewVersion, log: LogRead, plan: Plan) -> Verification:
        """The result of the comparison."""
        live, expected = Digest(), Digest()
        live.add(self._live)
        expected.add(self._log)
        for shard in self._trends.keys() | self._shards.keys():
            row = self._trends.get(shard)
            _, said = self._shards.get(shard, (row, row))
            for digest, trend in ((live, row), (expected, said)):
                if trend:
                    digest.add_trend(shard, trend)
        named = [Difference(f"user {user.hex()}", *rows) for user, rows in sorted(self._users.items())]
        named += [Difference(f"trend of {shard}", *rows) for shard, rows in sorted(self._shards.items())]
        return Verification(
            version,
            str(live),
            str(expected),
            self._live.rows,
            self._tally,
            len(named),
            named[:NAMED],
            log.reached,
            log.lost,
            plan.without,
            plan.foreign,
            log.held,
        )

    def _read_trends(self) -> None:
        self._trends = {shard: row.data for shard, row in self._store.read_trends().items()}

    def _fold(self, log: LogRead, partition: int, hidden: Hidden, comparison: RowComparison) -> Tally:
        folded = fold_partition(self._workspace, log.pieces, partition, hidden, comparison)
        comparison.finish(folded.states)
        self._log.add(comparison.log)
        self._users.update(comparison.different)
        return folded.tally

    def _frontier(self, log: LogRead) -> dict[int, int]:
        """The positions up to which events should be in the rows: the archive's, and those of the trends read first."""
        frontier = {shard_number(piece.shard): piece.last for piece in archived(log)}
        for shard, row in self._trends.items():
            number, reached = shard_number(shard), trend_row.reached(row)
            if reached is not None:
                frontier[number] = max(frontier.get(number, -1), reached)
        return frontier

    def _compare_trends(self, log: LogRead) -> None:
        self._shards = {}
        frontier = self._frontier(log)
        for shard in sorted(log.reached.keys() | self._trends.keys()):
            live = self._trends.get(shard)
            reached = trend_row.reached(live) if live else 0
            expected = self._trend(log, shard, reached)
            should_reach = frontier.get(shard_number(shard), 0)
            if expected == (live or b"") and reached is not None and should_reach > reached:
                # Equal up to its position; the position must also be far enough.
                expected = self._trend(log, shard, should_reach)
            if expected != (live or b""):
                self._shards[shard] = (live, expected or None)

    def _trend(self, log: LogRead, shard: str, until: int | None) -> bytes:
        """The trend of the log up to a sequence number, or at its end."""
        pieces = [piece for piece in log.pieces if piece.shard == shard]
        return fold_trend(self._workspace, pieces, self._plan.partitions, until) if pieces and until != 0 else b""
