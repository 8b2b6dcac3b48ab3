"""Read the log as interactions: each event that counts, once, by the same fold as the live path."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from millstream.application.ports import LogRecord
from millstream.domain.attributes import MOST_ATTRIBUTES, NO_ATTRIBUTES, codes_of
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey, Pseudonym
from millstream.domain.log.kinds import BEHAVIOUR
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import Core, decode_cores, decode_texts
from millstream.domain.models.cards import LogRange
from millstream.domain.views.user_state import UserState
from millstream.learning.interactions import NO_SESSION, Interactions, unknown

_BEHAVIOUR = frozenset(int(kind) for kind in BEHAVIOUR)


@dataclass(frozen=True)
class LogHistory:
    """The interactions of a part of the log. Their `items` are in order of their first event."""

    interactions: Interactions
    log: LogRange


def read_history(records: Iterable[LogRecord]) -> LogHistory:
    """Fold records that are sorted by shard and position, as from `application.learn.as_of`.

    Duplicate records and events are ignored, as on the live path. Unreadable records are counted.
    """
    rows, log = HistoryRows(), _Range()
    for record in records:
        log.see(record)
        try:
            foldable = decode_cores(record.data)
            place = shard_number(record.position.shard), record.position.sequence_number
            fresh = rows.fold(foldable.subject, place, foldable.cores, foldable.attributes)
            if fresh:
                rows.add(foldable.subject, foldable.recorded_at_ms, foldable.cores, fresh, *decode_texts(record.data))
        except InvalidRecordError:
            log.unreadable += 1
    return LogHistory(rows.interactions(), log.range(events=len(rows), users=len(rows.users)))


class HistoryRows:
    """Rows of interactions while records are folded.

    Within a user they are in the order of the log, across users by the time at which they were recorded, then by
    position.
    """

    def __init__(self) -> None:
        self.users: dict[str, int] = {}
        self._states: dict[Pseudonym, UserState] = {}
        self._reached: dict[int, int] = {}
        self._numbers: dict[ItemKey, int] = {}
        self._items: list[str] = []
        self._sessions: dict[tuple[int, str], int] = {}
        self._numbers_of_rows: tuple[array[int], ...] = tuple(array("q") for _ in range(7))
        self._known: dict[bytes, int] = {}
        self._values = array("d")

    def __len__(self) -> int:
        return len(self._values)

    def fold(
        self, subject: Pseudonym, place: tuple[int, int], cores: Sequence[Core], attributes: bytes = NO_ATTRIBUTES
    ) -> list[Core]:
        """Fold a record; return its events that count and are user actions, which are not rows yet."""
        state = self._states.get(subject)
        if state is None:
            state = self._states[subject] = UserState()
        return [core for core in state.fold(*place, cores, None, attributes) if core[4] in _BEHAVIOUR]

    def add(
        self,
        subject: Pseudonym,
        recorded_at_ms: int,
        cores: Sequence[Core],
        fresh: Sequence[Core],
        item_ids: Sequence[str | None],
        attributes: Sequence[Mapping[str, Any]],
    ) -> None:
        """Add the `fresh` events of a record, whose `cores`, item ids and attributes are those of all its events."""
        user = self.users.setdefault(subject.hex(), len(self.users))
        # Clocks of our processes may differ: a user's later record must not be sorted before an earlier one.
        reached = self._reached[user] = max(recorded_at_ms, self._reached.get(user, 0))
        known = self._known.setdefault(self._states[subject].attributes, len(self._known))
        waiting = iter(fresh)
        following = next(waiting, None)
        for core, item_id, said in zip(cores, item_ids, attributes, strict=True):
            if core is following:
                following = next(waiting, None)
                if item_id is not None:
                    self._append(user, core, reached, item_id, said.get("sessionId"), known)

    def _append(self, user: int, core: Core, reached: int, item_id: str, session_id: object, known: int) -> None:
        key, _, occurred_at_ms, value, kind = core
        item = self._numbers.get(key)
        if item is None:
            item = self._numbers[key] = len(self._items)
            self._items.append(item_id)
        session = NO_SESSION
        if isinstance(session_id, str):
            session = self._sessions.setdefault((user, session_id), len(self._sessions))
        entries = (user, item, occurred_at_ms, reached, kind, session, known)
        for column, entry in zip(self._numbers_of_rows, entries, strict=True):
            column.append(entry)
        self._values.append(value)

    def interactions(self, *, timed: bool = True) -> Interactions:
        """All rows. `at` is the time of each event, but not before the previous row's; NaN unless `timed`."""
        user, item, occurred_at_ms, reached, kind, session, known = map(np.array, self._numbers_of_rows)
        codes = np.array(list(map(codes_of, self._known)), np.uint16).reshape(-1, MOST_ATTRIBUTES)
        value = np.array(self._values)
        order = np.argsort(reached, kind="stable")
        return Interactions(
            user[order],
            item[order],
            np.maximum.accumulate(occurred_at_ms[order]) / 1000 if timed else np.full(len(order), np.nan),
            tuple(self.users),
            tuple(self._items),
            kind[order],
            value[order],
            session[order],
            codes[known[order]] if len(order) else unknown(),
        )


class _Range:
    """The range of records read, and its digest."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._records = 0
        self._first: dict[int, Position] = {}
        self._last: dict[int, Position] = {}
        self._digest = hashlib.sha256()

    def see(self, record: LogRecord) -> None:
        """Add a record."""
        shard = shard_number(record.position.shard)
        self._records += 1
        self._first.setdefault(shard, record.position)
        self._last[shard] = record.position
        self._digest.update(b"%d %d %d\n" % (shard, record.position.sequence_number, len(record.data)))
        self._digest.update(record.data)

    def range(self, events: int, users: int) -> LogRange:
        """The range of all records added."""
        shards = tuple((self._first[shard], self._last[shard]) for shard in sorted(self._first))
        return LogRange(shards, self._records, self.unreadable, events, users, self._digest.hexdigest())
