"""What was known of a user before an event: the readings that `recommend` takes of the same state (`domain.tastes`)."""

from __future__ import annotations

from typing import NamedTuple

from millstream.domain.keys import ItemKey
from millstream.domain.log.records import Core
from millstream.domain.views import tastes
from millstream.domain.views.user_state import RECENT_EVENTS, UserState

FEATURE_SET = 2
"""Raised when a feature is added, or means something else: sets of another number have other ids."""

TAIL_ITEMS = 50


class Features(NamedTuple):
    """Item keys are in order of the user's last event on them, newest first; `purchased_items` of the last purchase.

    `transitions_from` and `transition_weights` are what the event adds to the counts of what follows what: they say
    something of the event itself and are no features.
    """

    events_so_far: int
    seconds_since_previous: int | None
    tail: list[ItemKey]
    session_items: list[ItemKey]
    purchased_items: list[ItemKey]
    transitions_from: list[ItemKey]
    transition_weights: list[float]


def features_before(state: UserState, core: Core) -> Features:
    """The features of an event, of the state before it."""
    item, _, occurred_at_ms, _, kind = core
    recent = tastes.tail(state, RECENT_EVENTS)
    session = tastes.session(state)
    transitions = list(tastes.transitions(recent[: tastes.TAIL_ITEMS], item, kind))
    return Features(
        events_so_far=state.applied,
        seconds_since_previous=max(0, (occurred_at_ms - state.last_ms) // 1000) if state.events else None,
        tail=recent[:TAIL_ITEMS],
        session_items=[item for item in recent if item in session],
        purchased_items=tastes.purchased(state),
        transitions_from=[earlier for earlier, _, _ in transitions],
        transition_weights=[weight for _, _, weight in transitions],
    )
