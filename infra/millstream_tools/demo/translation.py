"""Convert a shop's products and behaviours to the bodies of PUT /items and POST /events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from millstream.domain.keys import pseudonym
from millstream.domain.log.events import EventRecord
from millstream.domain.log.submissions import MOST_EVENTS, parse_submission
from millstream_tools.shops.contract.behaviour import Behaviour
from millstream_tools.shops.contract.product import Product

SORTED_TOGETHER = 5000
"""Behaviours grouped into records together, which bounds the memory of an import."""

LONG_AFTER_MS = 2**52
"""A time after that of every shop: history is validated like a live call, but no event is in the future."""


def item_body(product: Product) -> dict[str, Any]:
    """A product for PUT /items."""
    described = {
        "itemId": product.item_id,
        "name": product.name,
        "category": product.category or None,
        "price": product.price,
        "description": product.description or None,
        "available": product.available,
        "attributes": dict(product.attributes),
    }
    return {name: value for name, value in described.items() if value is not None}


def event_body(behaviour: Behaviour) -> dict[str, Any]:
    """A behaviour for POST /events."""
    described = {
        "eventId": behaviour.event_id,
        "eventType": behaviour.event_type.value,
        "itemId": behaviour.item_id,
        "eventValue": behaviour.value,
        "sentAt": behaviour.occurred_at,
        "recommendationId": behaviour.recommendation_id,
        "impression": list(behaviour.impression) or None,
    }
    return {name: value for name, value in described.items() if value is not None}


def call_body(behaviours: Sequence[Behaviour]) -> dict[str, Any]:
    """One user's behaviours as one call."""
    first = behaviours[0]
    events = [event_body(behaviour) for behaviour in behaviours]
    return {"userId": first.user_id, "sessionId": first.session_id, "eventList": events}


def as_record(call: dict[str, Any], secret: bytes, recorded_at_ms: int | None = None) -> EventRecord:
    """The record of a call, validated as in the cloud, without rejected events.

    By default it is recorded at the time of its last event: shops play in the past, so the later clock of the cloud
    does not change their times either.
    """
    submission = parse_submission(call, LONG_AFTER_MS)
    if recorded_at_ms is None:
        recorded_at_ms = max((event.occurred_at_ms for event in submission.accepted), default=0)
    return EventRecord(pseudonym(submission.user_id, secret), recorded_at_ms, submission.accepted)


def history_records(history: Iterable[Behaviour], secret: bytes) -> Iterator[EventRecord]:
    """A history as records of up to 20 events; each user's events keep their order.

    Records are recorded at the time of the last event sorted with them, because recording times only increase.
    """
    remaining = iter(history)
    while together := list(islice(remaining, SORTED_TOGETHER)):
        recorded_at_ms = round(together[-1].occurred_at * 1000)
        together.sort(key=lambda behaviour: (behaviour.user_id, behaviour.session_id))
        for _, of_session in groupby(together, key=lambda behaviour: (behaviour.user_id, behaviour.session_id)):
            visit = iter(of_session)
            while some := list(islice(visit, MOST_EVENTS)):
                yield as_record(call_body(some), secret, recorded_at_ms)
