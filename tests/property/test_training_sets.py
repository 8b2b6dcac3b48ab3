"""A training set is a replay that looks at nothing later than the event whose row it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import BEHAVIOUR, EventKind
from millstream.domain.log.positions import Position, shard_name, shard_number
from millstream.domain.log.records import decode, decode_cores, encode
from millstream.domain.views import tastes, user_row
from millstream.domain.views.user_state import RECENT_EVENTS, UserState
from millstream_tools.ops.training_sets.examples import Example, Reading, fold_event_by_event
from millstream_tools.ops.training_sets.features import TAIL_ITEMS
from tests.strategies import client_events, logs

LATER_SHARD = shard_name(7)


def rows(*parts: Sequence[LogRecord]) -> list[Example]:
    return list(Reading().examples([record for part in parts for record in part]))


def behind(records: Sequence[LogRecord], log: Sequence[LogRecord], shard: str) -> list[LogRecord]:
    """The records as they would lie behind the log: in its shard, or in one that began later."""
    reached = log[-1].position.sequence_number if log and log[-1].position.shard == shard else 0
    return [one._replace(position=Position(shard, reached + one.position.sequence_number)) for one in records]


@given(logs(), logs(), st.data())
def test_no_value_sees_an_event_after_its_moment(
    log: list[LogRecord], other: list[LogRecord], data: st.DataObject
) -> None:
    """Remove every later record, or put others in their place: the rows up to there stay as they are."""
    cut = data.draw(st.integers(0, len(log)))
    shard = data.draw(st.sampled_from([log[0].position.shard, LATER_SHARD]))
    until = rows(log[:cut])
    assert rows(log)[: len(until)] == until
    assert rows(log[:cut], behind(other, log[:cut], shard))[: len(until)] == until


@given(logs(), st.lists(client_events, max_size=3), st.data())
def test_nor_one_that_came_later_in_the_same_record(
    log: list[LogRecord], others: list[Event], data: st.DataObject
) -> None:
    """Clients send several events at once: each is seen by those behind it only."""
    readable = [number for number, record in enumerate(log) if events_in(record)]
    if not readable:
        return
    number = data.draw(st.sampled_from(readable))
    decoded = decode(log[number].data)
    place = data.draw(st.integers(0, len(decoded.events) - 1))
    changed = replace(decoded, events=(*decoded.events[: place + 1], *others))
    position = log[number].position

    def until(found: list[Example]) -> list[Example]:
        return [row for row in found if (row.position, row.place) <= (position, place)]

    altered = [*log[:number], log[number]._replace(data=encode(changed)), *log[number + 1 :]]
    assert until(rows(altered)) == until(rows(log))


@given(logs(), logs())
def test_events_are_folded_as_the_projector_folds_them(log: list[LogRecord], other: list[LogRecord]) -> None:
    """One by one or whole records: the same states to the byte, also where records come twice."""
    whole: dict[Pseudonym, UserState] = {}
    single: dict[Pseudonym, UserState] = {}
    for record in [*log, *log[-3:], *behind(other, log, LATER_SHARD)]:
        try:
            decoded = decode_cores(record.data)
        except InvalidRecordError:
            continue
        place = shard_number(record.position.shard), record.position.sequence_number
        fresh = whole.setdefault(decoded.subject, UserState()).fold(*place, decoded.cores)
        found = list(fold_event_by_event(single.setdefault(decoded.subject, UserState()), *place, decoded.cores))
        counted = [core for core in fresh if EventKind(core[4]) in BEHAVIOUR]
        assert [decoded.cores[number] for number, _ in found] == counted
        assert user_row.pack(single[decoded.subject]) == user_row.pack(whole[decoded.subject])


@given(logs())
def test_features_are_what_recommend_reads_of_the_row_that_was_stored(log: list[LogRecord]) -> None:
    """A live request between two records would have seen the same tail, session and purchases."""
    stored: dict[Pseudonym, bytes] = {}
    found = {(row.position, row.place): row for row in rows(log)}
    for record in log:
        try:
            decoded = decode_cores(record.data)
        except InvalidRecordError:
            continue
        before = stored.get(decoded.subject)
        state = UserState() if before is None else user_row.unpack(before)
        row = found.get((record.position, 0))
        if row is not None:
            features = row.features
            assert features.tail == tastes.tail(state, TAIL_ITEMS)
            assert set(features.session_items) == tastes.session(state) & set(tastes.tail(state, RECENT_EVENTS))
            assert features.purchased_items == tastes.purchased(state)
            assert features.events_so_far == state.applied
            transitions = tastes.transitions(tastes.tail(state), row.item_key, EventKind[row.event_type])
            assert list(zip(features.transitions_from, features.transition_weights, strict=True)) == [
                (earlier, weight) for earlier, _, weight in transitions
            ]
        state.fold(shard_number(record.position.shard), record.position.sequence_number, decoded.cores)
        stored[decoded.subject] = user_row.pack(state)


def events_in(record: LogRecord) -> int:
    try:
        return len(decode(record.data).events)
    except InvalidRecordError:
        return 0
