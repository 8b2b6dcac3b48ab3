"""Late, out-of-order and impossible times, one case each, as events/README.md has them.

What holds for any log is in tests/property/test_times.py.
"""

from __future__ import annotations

import pytest

from millstream.domain.keys import item_key
from millstream.domain.log.events import EventRecord
from millstream.domain.log.records import decode, encode
from millstream.domain.views.decay import era_of, weight
from millstream.domain.views.trend import HALF_LIFE_MS, Trend
from millstream.domain.views.user_state import UserState
from tests.builders import NOW_MS, event, folded, log, record, subject

SECOND_MS = 1_000
HOUR_MS = 3_600 * SECOND_MS
WEEK_MS = 7 * 24 * HOUR_MS
ON_TIME = weight(NOW_MS, HALF_LIFE_MS, era_of(NOW_MS, HALF_LIFE_MS))


def taken_in(item: str, at_ms: int, recorded_at_ms: int) -> EventRecord:
    """Ann's view of an item, at this time by her clock and at that by ours."""
    return record("ann", event(item, at_ms=at_ms), recorded_at_ms=recorded_at_ms)


def views_of(*records: EventRecord) -> tuple[UserState, Trend]:
    """Ann's state and the trend."""
    users, trend = folded(log(*records))
    return users[subject("ann")], trend


def steps(state: UserState) -> list[tuple[bytes, int]]:
    """The user's items in order, oldest first, each with the pause before it in seconds."""
    return [(one.item, one.pause_s) for one in reversed(list(state.recent()))]


@pytest.mark.parametrize("ahead_ms", [1, HOUR_MS, 300 * 365 * 24 * HOUR_MS])
def test_a_client_whose_clock_is_ahead_acted_when_we_took_it_in(ahead_ms: int) -> None:
    """Its next event comes a second later by our clock, and is seen to; the trend is as if its clock were right."""
    state, trend = views_of(
        taken_in("lamp", NOW_MS + ahead_ms, NOW_MS), taken_in("desk", NOW_MS + SECOND_MS + ahead_ms, NOW_MS + SECOND_MS)
    )
    assert steps(state) == [(item_key("lamp"), 0), (item_key("desk"), 1)]
    assert trend.weights == {item_key("lamp"): ON_TIME, item_key("desk"): ON_TIME}
    assert trend.era == era_of(NOW_MS, HALF_LIFE_MS), "no client moves the landmark into the future"


def test_the_log_keeps_what_the_client_said() -> None:
    """Only folds look away; who reads the whole record sees the client's own time."""
    (seen,) = decode(encode(taken_in("lamp", NOW_MS + HOUR_MS, NOW_MS))).events
    assert seen.occurred_at_ms == NOW_MS + HOUR_MS


def test_an_event_that_comes_a_week_late_keeps_its_time_and_its_place_in_the_log() -> None:
    """It is the user's newest step, with no pause before it; the next pause counts from the latest time so far.

    In the trend it weighs what a week leaves of it: about a fifth.
    """
    state, trend = views_of(
        taken_in("lamp", NOW_MS, NOW_MS),
        taken_in("desk", NOW_MS - WEEK_MS, NOW_MS),
        taken_in("vase", NOW_MS + 5 * SECOND_MS, NOW_MS + 5 * SECOND_MS),
    )
    assert steps(state) == [(item_key("lamp"), 0), (item_key("desk"), 0), (item_key("vase"), 5)]
    assert trend.weights[item_key("lamp")] == ON_TIME
    assert 0.18 < trend.weights[item_key("desk")] / ON_TIME < 0.22


def test_an_event_that_is_late_by_more_than_the_trend_remembers_weighs_nothing_and_breaks_nothing() -> None:
    """From 1970: its weight is rounded to nothing; it is still the user's newest step."""
    state, trend = views_of(taken_in("lamp", NOW_MS, NOW_MS), taken_in("desk", 0, NOW_MS))
    assert trend.weights == {item_key("lamp"): ON_TIME}
    assert steps(state)[-1] == (item_key("desk"), 0)


def test_events_of_the_same_moment_keep_the_order_of_the_log() -> None:
    """Within a record the order in which the client sent them, between records the order of their positions."""
    together = record("ann", event("vase", at_ms=NOW_MS), event("chair", at_ms=NOW_MS))
    state, _ = views_of(taken_in("lamp", NOW_MS, NOW_MS), together, taken_in("desk", NOW_MS, NOW_MS))
    assert steps(state) == [(item_key(item), 0) for item in ("lamp", "vase", "chair", "desk")]


def test_our_own_clock_that_jumps_back_changes_no_order() -> None:
    """What is taken in then counts as of that earlier moment; the user's time stands still until it is caught up."""
    back_ms = NOW_MS - HOUR_MS
    state, trend = views_of(
        taken_in("lamp", NOW_MS, NOW_MS),
        taken_in("desk", NOW_MS + 10 * SECOND_MS, back_ms),
        taken_in("vase", NOW_MS + 20 * SECOND_MS, NOW_MS + 20 * SECOND_MS),
    )
    assert steps(state) == [(item_key("lamp"), 0), (item_key("desk"), 0), (item_key("vase"), 20)]
    assert trend.weights[item_key("desk")] == weight(back_ms, HALF_LIFE_MS, trend.era)
