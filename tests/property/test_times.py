"""What events/README.md promises about times, for any log: a wrong clock changes weights and pauses, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from millstream.application.ports import LogRecord
from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.records import decode, encode
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.decay import era_of, moved
from millstream.domain.views.trend import HALF_LIFE_MS
from tests.builders import NOW_MS, folded, trend_of
from tests.strategies import logs, readable

Clock = Callable[[Event, EventRecord], int]
"""An event's time by another clock, given the event and its record."""


def by(clock: Clock, log: Sequence[LogRecord]) -> list[LogRecord]:
    """The same log as clients with another clock would have left it."""
    retold = []
    for one in log:
        read = decode(one.data)
        events = tuple(replace(event, occurred_at_ms=clock(event, read)) for event in read.events)
        retold.append(one._replace(data=encode(replace(read, events=events))))
    return retold


def rows(log: Sequence[LogRecord]) -> tuple[dict[Pseudonym, bytes], bytes]:
    """The bytes of the views."""
    users, trend = folded(log)
    return {user: user_row.pack(state) for user, state in users.items()}, trend_row.pack(trend)


def in_order(log: Sequence[LogRecord]) -> dict[Pseudonym, Any]:
    """All that a user row says but for times."""
    return {
        user: (
            state.position,
            state.applied,
            state.duplicates,
            [(one.item, one.kind, one.value) for one in state.recent()],
            [(one.item, one.kind, one.value) for one in state.remembered()],
            bytes(state.tags),
        )
        for user, state in folded(log)[0].items()
    }


@given(logs(of=readable))
def test_no_view_sees_the_future(log: list[LogRecord]) -> None:
    """Nothing in a row is later than the last moment at which one of its records was taken in."""
    users, trend = folded(log)
    read = [decode(one.data) for one in log]
    for user, state in users.items():
        assert state.last_ms <= max(record.recorded_at_ms for record in read if record.subject == user)
    assert trend.era <= era_of(max(record.recorded_at_ms for record in read), HALF_LIFE_MS)


@given(logs(of=readable), st.integers(0, 2**62))
def test_how_far_a_clock_is_ahead_makes_no_difference(log: list[LogRecord], ahead_ms: int) -> None:
    """A millisecond or ten thousand years: the same bytes."""

    def further(event: Event, record: EventRecord) -> int:
        ahead = event.occurred_at_ms > record.recorded_at_ms
        return record.recorded_at_ms + ahead_ms if ahead else event.occurred_at_ms

    assert rows(by(further, log)) == rows(log)


@given(logs(of=readable), st.integers(0, 2 * NOW_MS))
def test_no_clock_changes_the_order_or_what_counts(log: list[LogRecord], stopped_at_ms: int) -> None:
    """As if all clients' clocks had stopped: the same events, once each, in the same order."""
    assert in_order(by(lambda *_: stopped_at_ms, log)) == in_order(log)


def taken(one: LogRecord) -> list[Event]:
    """The events of a record at the times that folds see, but for satisfaction and slates, which weigh nothing."""
    read = decode(one.data)
    return [replace(event, occurred_at_ms=min(event.occurred_at_ms, read.recorded_at_ms)) for event in read.events]


@given(logs(of=readable))
def test_coming_late_never_adds_weight(log: list[LogRecord]) -> None:
    """No item weighs more than if each event had been taken in at the moment it happened, each by another user."""
    trend = trend_of(event for one in log for event in taken(one))
    punctual = trend_of(event for one in by(lambda _, record: record.recorded_at_ms, log) for event in taken(one))
    for item, value in trend.weights.items():
        assert moved(value, punctual.era - trend.era) <= punctual.weights[item]
