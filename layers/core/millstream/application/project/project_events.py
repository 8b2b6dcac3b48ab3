"""Project a batch of one shard's log into user rows and a trend row, each event exactly once.

The trend is written before the users: after a crash in between, the trend already contains the batch, and the users
catch up. Every row stores the position up to which it is folded, in the same conditional write, so repeated deliveries,
other batch bounds and crashes change nothing.

An unreadable row (written by newer code) is left unchanged and reported; the other rows are updated. `millstream
verify` reports it, `millstream rebuild` replaces it.
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
from millstream.domain.views.user_state import Share, UserState

ATTEMPTS = 4
"""How often a batch is folded again from fresh state after a write conflict."""


Decoded = tuple[Position, FoldableRecord]


@dataclass(frozen=True, slots=True)
class Projected:
    """The result of a batch. `failed_from` is the first record that must be delivered again, or None.

    `unreadable` maps the names of rows that were left unchanged to the reason; their events are only in the log.
    """

    applied: int
    duplicates: int
    dead: int
    rows: int
    failed_from: Position | None = None
    unreadable: Mapping[str, InvalidRecordError] = field(default_factory=dict)


@dataclass(slots=True)
class Change:
    """The change of one user by a batch: its first record, and the numbers of new and duplicate events."""

    since: Position
    applied: int = 0
    duplicates: int = 0


class Folded(NamedTuple):
    """The result of a batch for one version: changed users, rows that were not written, and unreadable rows."""

    changes: dict[Pseudonym, Change]
    report: UserWriteReport
    unreadable: dict[str, InvalidRecordError]


class ProjectEvents:
    """Fold a batch of one shard into the serving version of the views."""

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
            # Kept from batch to batch: a version that no longer serves rejects trend writes, and is then read again.
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
        """Decode the records; unreadable ones become dead letters."""
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

    The trend includes records of users with unreadable rows. An unreadable trend is written unchanged, because this
    write keeps a batch from being acknowledged in a version that is being replaced. Raises ConflictError for a write
    conflict at the trend; conflicts at users' rows are in the report.
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
    """Fold records of one shard, in order, into the given states and return the changed users. Pure."""
    changes: dict[Pseudonym, Change] = {}
    number = shard_number(decoded[0][0].shard) if decoded else 0
    for position, record in decoded:
        state = users.get(record.subject)
        if state is None:
            state = users[record.subject] = UserState()
        shard, sequence, duplicates = state.shard, state.sequence, state.duplicates
        shares: list[Share] = []
        fresh = state.fold(number, position.sequence_number, record.cores, shares, record.attributes)
        if state.sequence != sequence or state.shard != shard:
            change = changes.get(record.subject)
            if change is None:
                change = changes[record.subject] = Change(position)
            change.applied += len(fresh)
            change.duplicates += max(0, state.duplicates - duplicates)
            trend.fold(number, position.sequence_number, shares)
    return changes


def _readable(
    rows: Mapping[Pseudonym, VersionedRow],
) -> tuple[dict[Pseudonym, UserState], dict[Pseudonym, InvalidRecordError]]:
    """The states of the rows, and the errors of unreadable ones."""
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
