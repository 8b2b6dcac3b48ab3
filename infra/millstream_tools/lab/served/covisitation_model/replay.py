"""Replays the log with the live path's own fold and gathers which item followed which."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey, Pseudonym
from millstream.domain.log.kinds import LEARNED
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import FoldableRecord, decode, decode_cores
from millstream.domain.models.cards import LogRange
from millstream.domain.views.tastes import advanced, tail, transitions
from millstream.domain.views.user_state import UserState
from millstream_tools.lab.served.covisitation_model.counts import TransitionCounts, WeightedPairs

_LEARNED = frozenset(int(kind) for kind in LEARNED)


@dataclass(frozen=True)
class Replay:
    """What the log says: the items in the order in which they first came, and the weights between their numbers."""

    keys: tuple[ItemKey, ...]
    ids: tuple[str, ...]
    pairs: WeightedPairs
    log: LogRange


class _Reader:
    """One pass over the log."""

    def __init__(self) -> None:
        self.users: dict[Pseudonym, UserState] = {}
        self.numbers: dict[ItemKey, int] = {}
        self.ids: list[str] = []
        self.counts = TransitionCounts(self.numbers)
        self.first: dict[int, Position] = {}
        self.last: dict[int, Position] = {}
        self.digest = hashlib.sha256()
        self.records = self.unreadable = self.events = 0

    def read(self, record: LogRecord) -> None:
        """Fold one record. One that cannot be read is counted: the projector has put it into the dead letters."""
        shard, sequence = shard_number(record.position.shard), record.position.sequence_number
        self._note(record, shard)
        try:
            foldable = decode_cores(record.data)
            self._number_items(record, foldable)
        except InvalidRecordError:
            self.unreadable += 1
            return
        user = self.users.get(foldable.subject)
        if user is None:
            user = self.users[foldable.subject] = UserState()
        before = tail(user)
        for item, _, _, _, kind in user.fold(shard, sequence, foldable.cores):
            if kind in _LEARNED:
                self.events += 1
                self.counts.add(transitions(before, item, kind))
            before = advanced(before, item, kind)

    def _note(self, record: LogRecord, shard: int) -> None:
        self.records += 1
        self.first.setdefault(shard, record.position)
        self.last[shard] = record.position
        self.digest.update(b"%d %d %d\n" % (shard, record.position.sequence_number, len(record.data)))
        self.digest.update(record.data)

    def _number_items(self, record: LogRecord, foldable: FoldableRecord) -> None:
        # Reading the item ids costs ten times the fold, so it is done only for a record that brings a new item.
        numbers = self.numbers
        if not [True for item, _, _, _, kind in foldable.cores if item not in numbers and kind in _LEARNED]:
            return
        for event in decode(record.data).events:
            if event.kind in LEARNED and event.item_id is not None and event.item_key not in self.numbers:
                self.numbers[event.item_key] = len(self.ids)
                self.ids.append(event.item_id)


def replay(records: Iterable[LogRecord]) -> Replay:
    """Fold records, shard by shard in order of position, and sum up their transitions.

    Duplicates of records and of events change nothing, as on the live path.
    """
    reader = _Reader()
    for record in records:
        reader.read(record)
    log = LogRange(
        shards=tuple((reader.first[shard], reader.last[shard]) for shard in sorted(reader.first)),
        records=reader.records,
        unreadable=reader.unreadable,
        events=reader.events,
        users=sum(1 for user in reader.users.values() if user.events),
        digest=reader.digest.hexdigest(),
    )
    return Replay(tuple(reader.numbers), tuple(reader.ids), reader.counts.pairs(), log)
