"""A batch of one shard's log becomes user rows and a trend row, each event exactly once.

The trend is written before the users: after a crash in between, the same batch folds to the same trend, which is then
already past it, and the users catch up. Every row holds the position up to which it is folded, in the same conditional
write, so a second delivery, another cut into batches or a crash changes nothing.

A row that cannot be read (newer code wrote it) stays as it is and is reported, and the other rows go on. `millstream
verify` names it, `millstream rebuild` folds it anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from millstream.application.ports import (
    NO_ROW,
    UNHURRIED,
    Budget,
    DeadLetter,
    DeadLetters,
    FeatureStore,
    LogRecord,
    UserWrite,
    UserWriteReport,
    VersionedRow,
    Views,
)
from millstream.domain.errors import ConflictError, InvalidRecordError, UnavailableError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import FoldableRecord, decode_cores
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.trend import Trend
from millstream.domain.views.user_state import UserState

ATTEMPTS = 4
"""How often a batch is folded again from fresh state when another writer was first."""


Decoded = tuple[Position, FoldableRecord]


@dataclass(frozen=True, slots=True)
class Projected:
    """What became of a batch. `failed_from` is the first record that must be delivered again, or None.

    `unreadable` are the rows that stay as they are, by name, and why: what the batch adds to them is in the log alone.
    """

    applied: int
    duplicates: int
    dead: int
    rows: int
    failed_from: Position | None = None
    unreadable: Mapping[str, InvalidRecordError] = field(default_factory=dict)


@dataclass(slots=True)
class Change:
    """What a batch did to one user: where it began, and how many events were new or known."""

    since: Position
    applied: int = 0
    duplicates: int = 0


class Folded(NamedTuple):
    """What a batch did to one version's rows: who changed, whose rows were not written, and which cannot be read."""

    changes: dict[Pseudonym, Change]
    report: UserWriteReport
    unreadable: dict[str, InvalidRecordError]


class ProjectEvents:
    """Fold a batch of one shard into the version of the views that serves."""

    def __init__(self, views: Views, dead_letters: DeadLetters) -> None:
        self._views = views
        self._dead_letters = dead_letters
        self._view: int | None = None

    def __call__(self, shard: str, batch: Sequence[LogRecord], budget: Budget = UNHURRIED) -> Projected:
        """Records must be of one shard, in order. Raises UnavailableError if nothing of the batch was stored."""
        decoded, dead = self._decode(batch, budget)
        written: list[Change] = []
        unreadable: dict[str, InvalidRecordError] = {}
        for _ in range(ATTEMPTS):
            # Remembered from batch to batch: a version that no longer serves refuses its trend, and is asked for then.
            self._view = self._view or self._views.serving(budget)
            try:
                changes, report, unread = fold_into(self._views.serving_store(self._view, budget), shard, decoded)
            except ConflictError:
                self._view = None
                continue
            unwritten = {user: changes.pop(user) for user in report.stale | report.unavailable}
            written += changes.values()
            unreadable |= unread
            if not report.stale:
                return _projected(written, dead, unwritten.values(), unreadable)
        raise UnavailableError(f"another writer kept changing the rows of {shard} during {ATTEMPTS} attempts")

    def _decode(self, batch: Sequence[LogRecord], budget: Budget) -> tuple[list[Decoded], int]:
        """The records that can be read; the others go to the dead letters, each with its reason."""
        decoded: list[Decoded] = []
        for record in batch:
            try:
                decoded.append((record.position, decode_cores(record.data)))
            except InvalidRecordError as error:
                letter = DeadLetter(record.position, str(error), record.data, record.partition_key)
                self._dead_letters.send(letter, budget)
        return decoded, len(batch) - len(decoded)


def fold_into(store: FeatureStore, shard: str, decoded: Sequence[Decoded]) -> Folded:
    """Fold records of one shard, in order, into one version's rows: the trend first, then the users.

    The trend moves past records of users whose rows cannot be read, and one that cannot be read is written as it is:
    this write is what keeps a batch from being acknowledged in a version that another one replaces meanwhile.
    Raises ConflictError if another writer was first at the trend; such a writer at a user's row is in the report.
    """
    rows = store.read_users({record.subject for _, record in decoded})
    users, refused = _readable(rows)
    unreadable = {f"user {user.hex()}": error for user, error in refused.items()}
    version, stored = store.read_trend(shard)
    trend = Trend()
    try:
        trend = trend_row.unpack(stored) if stored else trend
    except InvalidRecordError as error:
        unreadable[f"trend of {shard}"] = error
    before = trend.sequence
    changes = fold_batch(
        [one for one in decoded if one[1].subject not in refused] if refused else decoded, users, trend
    )
    for position, record in decoded if refused else ():
        if record.subject in refused:
            trend.fold(shard_number(shard), position.sequence_number, ())
    if trend.sequence != before:
        store.write_trend(shard, version, stored if f"trend of {shard}" in unreadable else trend_row.pack(trend))
    writes = [UserWrite(user, rows.get(user, NO_ROW).version, user_row.pack(users[user])) for user in changes]
    return Folded(changes, store.write_users(writes), unreadable)


def fold_batch(decoded: Sequence[Decoded], users: dict[Pseudonym, UserState], trend: Trend) -> dict[Pseudonym, Change]:
    """The pure part: fold records of one shard, in order, into the states that were read; says which users changed."""
    changes: dict[Pseudonym, Change] = {}
    number = shard_number(decoded[0][0].shard) if decoded else 0
    for position, record in decoded:
        state = users.get(record.subject)
        if state is None:
            state = users[record.subject] = UserState()
        shard, sequence, duplicates = state.shard, state.sequence, state.duplicates
        fresh = state.fold(number, position.sequence_number, record.cores)
        if state.sequence != sequence or state.shard != shard:
            change = changes.get(record.subject)
            if change is None:
                change = changes[record.subject] = Change(position)
            change.applied += len(fresh)
            change.duplicates += max(0, state.duplicates - duplicates)
            trend.fold(number, position.sequence_number, fresh)
    return changes


def _readable(
    rows: Mapping[Pseudonym, VersionedRow],
) -> tuple[dict[Pseudonym, UserState], dict[Pseudonym, InvalidRecordError]]:
    """The states in the rows, and why some rows cannot be read."""
    users: dict[Pseudonym, UserState] = {}
    refused: dict[Pseudonym, InvalidRecordError] = {}
    for user, row in rows.items():
        try:
            users[user] = user_row.unpack(row.data)
        except InvalidRecordError as error:
            refused[user] = error
    return users, refused


def _projected(
    written: Collection[Change], dead: int, unwritten: Collection[Change], unreadable: Mapping[str, InvalidRecordError]
) -> Projected:
    return Projected(
        applied=sum(change.applied for change in written),
        duplicates=sum(change.duplicates for change in written),
        dead=dead,
        rows=len(written),
        failed_from=min((change.since for change in unwritten), default=None),
        unreadable=unreadable,
    )
