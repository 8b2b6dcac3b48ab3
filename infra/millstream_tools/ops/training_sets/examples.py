"""The second pass over the log: each event that counted, with what was known of its user before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey, Pseudonym
from millstream.domain.log.amendments import NOTHING_HIDDEN, Hidden
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import BEHAVIOUR, EventKind
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import Core, FoldableRecord, decode, decode_cores
from millstream.domain.views import user_row
from millstream.domain.views.user_state import RECENT_EVENTS, UserState
from millstream_tools.ops.training_sets.features import Features, features_before
from millstream_tools.parquet_file import is_storable

_BEHAVIOUR = frozenset(int(kind) for kind in BEHAVIOUR)
_ERASED = int(EventKind.UserErased)
_LONGEST_STATE = 16 * RECENT_EVENTS
"""Bytes of events and event tags from which on a state is cut to what a row keeps of it."""


class Example(NamedTuple):
    """One event that counted. Times are as the fold sees them: no event is later than its record."""

    subject: Pseudonym
    position: Position
    place: int
    event_id: str
    event_type: str
    item_id: str | None
    item_key: ItemKey
    occurred_at_ms: int
    recorded_at_ms: int
    value: float | None
    session: str | None
    features: Features


@dataclass
class Reading:
    """One pass. `unreadable` has the reasons by position: records without rows, and those without words for one."""

    hidden: Hidden = NOTHING_HIDDEN
    records: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    users: dict[Pseudonym, UserState] = field(default_factory=dict)

    def examples(self, records: Iterable[LogRecord]) -> Iterator[Example]:
        """Fold records, in order of shard and position, and give each event of behaviour that counts."""
        for record in records:
            self.records += 1
            try:
                decoded = decode_cores(record.data)
            except InvalidRecordError as error:
                self.unreadable[str(record.position)] = str(error)
                continue
            place = shard_number(record.position.shard), record.position.sequence_number
            if not self.hidden.hides(decoded.subject, place):
                yield from self._examples_of(record, decoded, place)

    def _examples_of(self, record: LogRecord, decoded: FoldableRecord, place: tuple[int, int]) -> Iterator[Example]:
        known = list(fold_event_by_event(self._user(decoded.subject), *place, decoded.cores))
        if not known:
            return
        try:
            events = _with_words(record)
        except InvalidRecordError as error:
            # It counts, as it does in the views, but what it was about can be told by nobody.
            self.unreadable[str(record.position)] = str(error)
            return
        for number, features in known:
            event, core = events[number], decoded.cores[number]
            yield Example(
                subject=decoded.subject,
                position=record.position,
                place=number,
                event_id=event.event_id,
                event_type=event.kind.name,
                item_id=event.item_id,
                item_key=core[0],
                occurred_at_ms=core[2],
                recorded_at_ms=decoded.recorded_at_ms,
                value=event.value,
                session=_session(event),
                features=features,
            )

    def _user(self, subject: Pseudonym) -> UserState:
        """The user's state; one that has grown long is cut, as it is between two batches of the projector."""
        state = self.users.get(subject)
        if state is None:
            state = self.users[subject] = UserState()
        elif len(state.events) + len(state.tags) > _LONGEST_STATE:
            state = self.users[subject] = user_row.unpack(user_row.pack(state))
        return state


def fold_event_by_event(
    state: UserState, shard: int, sequence: int, cores: list[Core]
) -> Iterator[tuple[int, Features]]:
    """Fold a record into the same state as `UserState.fold` does, and give what was known before each event.

    Only for events of behaviour that count, each with its place in the record.
    """
    if (shard, sequence) <= (state.shard, state.sequence) or cores[0][4] == _ERASED:
        state.fold(shard, sequence, cores)
        return
    reached, counted = (state.shard, state.sequence), False
    for place, core in enumerate(cores):
        if core[4] == _ERASED:
            continue  # it counts only where it stands alone
        features = features_before(state, core) if core[4] in _BEHAVIOUR else None
        fresh = state.fold(shard, sequence, [core])
        counted = counted or (state.shard, state.sequence) != reached
        # The state takes each event as a record of its own, and must not take the next one for a repetition.
        state.shard, state.sequence = reached
        if fresh and features is not None:
            yield place, features
    if counted:
        state.shard, state.sequence = shard, sequence


def _with_words(record: LogRecord) -> Sequence[Event]:
    """The record's events with their ids. Raises InvalidRecordError."""
    events = decode(record.data).events
    for event in events:
        for text in (event.event_id, event.item_id, _session(event)):
            if text is not None and not is_storable(text):
                raise InvalidRecordError("record.tail", "text", text)
    return events


def _session(event: Event) -> str | None:
    session = event.attributes.get("sessionId")
    return session if isinstance(session, str) else None
