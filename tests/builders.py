"""Things with sensible contents, so that a test names only what it is about."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from millstream.application.ports import ONCE, UNHURRIED, Budget, LogRecord, PublishedModel
from millstream.application.project.project_events import fold_batch
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import Pseudonym, pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_name, shard_number
from millstream.domain.log.records import Core, FoldableRecord, decode_cores, encode
from millstream.domain.models.cards import Card, Cost
from millstream.domain.views.trend import Trend
from millstream.domain.views.user_state import Share, UserState

NOW_MS = 1_795_305_600_000
"""2026-11-22 00:00 UTC."""

SECRET = b"a secret for tests"
SHARD = shard_name(0)
POISON = b"not a record"


def subject(user: str) -> Pseudonym:
    """The user's pseudonym."""
    return pseudonym(user, SECRET)


def event(
    item_id: str | None = "lamp",
    kind: EventKind = EventKind.ItemViewed,
    *,
    at_ms: int = NOW_MS,
    event_id: str | None = None,
    value: float | None = None,
    **attributes: Any,
) -> Event:
    """One event; without an id of its own it is named after what it says. A purchase is of one piece."""
    if kind.traits.quantity:
        attributes.setdefault("quantity", 1)
    return Event(kind, event_id or f"{kind.name}-{item_id}-{at_ms}", item_id, at_ms, value, attributes)


def record(user: str, *events: Event, recorded_at_ms: int | None = None) -> EventRecord:
    """One record of a user's events, taken in now, or with the last of them where that is later."""
    if recorded_at_ms is None:
        recorded_at_ms = max([NOW_MS, *(event.occurred_at_ms for event in events)])
    return EventRecord(subject(user), recorded_at_ms, events)


def log(*records: EventRecord | bytes, shard: str = SHARD, first: int = 1) -> list[LogRecord]:
    """Records as they lie in one shard; bytes are taken as they are."""
    return [
        LogRecord(Position(shard, number), "key", data if isinstance(data, bytes) else encode(data))
        for number, data in enumerate(records, first)
    ]


def cores(*events: Event) -> list[Core]:
    """Events as a fold sees them."""
    return [
        (e.item_key, e.tag, e.occurred_at_ms, math.nan if e.value is None else e.value, int(e.kind)) for e in events
    ]


def views(*item_ids: str, start_ms: int = NOW_MS, every_s: int = 1) -> list[Event]:
    """Views of these items, one after the other; each has an id of its own."""
    return [
        event(item_id, at_ms=start_ms + 1000 * every_s * place, event_id=f"view-{place}-{item_id}")
        for place, item_id in enumerate(item_ids)
    ]


def state_of(events: Iterable[Event], state: UserState | None = None, shard: str = SHARD) -> UserState:
    """The state of a user after these events, each in a record of its own."""
    state = state or UserState()
    for sequence, one in enumerate(events, state.sequence + 1):
        state.fold(shard_number(shard), sequence, cores(one))
    return state


def shares(*events: Event) -> list[Share]:
    """What events add to a trend, each by a user of its own."""
    added: list[Share] = []
    for one in events:
        UserState().fold(0, 1, cores(one), added)
    return added


def trend_of(events: Iterable[Event], shard: str = SHARD) -> Trend:
    """The trend after these events, each in a record and by a user of its own."""
    trend = Trend()
    for sequence, one in enumerate(events, 1):
        trend.fold(shard_number(shard), sequence, shares(one))
    return trend


def decoded(records: Sequence[LogRecord]) -> list[tuple[Position, FoldableRecord]]:
    """What `fold_batch` takes."""
    return [(one.position, decode_cores(one.data)) for one in records]


def folded(records: Sequence[LogRecord]) -> tuple[dict[Pseudonym, UserState], Trend]:
    """The views of a log, folded in one go."""
    users: dict[Pseudonym, UserState] = {}
    trend = Trend()
    fold_batch(decoded(records), users, trend)
    return users, trend


class OneView:
    """Views with one version, whose rows are in the store that a test gives."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def serving(self, budget: Budget = ONCE) -> int:
        return 1

    def serving_store(self, view: int, budget: Budget = UNHURRIED) -> Any:
        return self._store


def item(item_id: str, **described: Any) -> Item:
    """An item, named after its id."""
    return Item(item_id, described.pop("name", item_id.title()), **described)


def submission(*entries: Any, user: str = "ann", session: str | None = None) -> dict[str, Any]:
    """A body of POST /events."""
    return {"userId": user, "eventList": list(entries)} | ({"sessionId": session} if session else {})


def entry(**fields: Any) -> dict[str, Any]:
    """One event as a client sends it; a field that is None is left out."""
    given = {"eventType": "ItemViewed", "itemId": "lamp", "eventId": "e1", "sentAt": NOW_MS / 1000} | fields
    return {name: value for name, value in given.items() if value is not None}


def published(version: str, *, made_at_ms: int = NOW_MS, digest: str = "d1" * 32, **card: Any) -> PublishedModel:
    """A registered model; `card` is what its card says besides."""
    said: dict[str, Any] = {"training_set": "0f" * 16, "vocabulary_items": 4, "knobs": {}, "metrics": {}, **card}
    made = Card(version.partition("-")[0], made_at_ms, cost=Cost(3.5, 6.25), **said)
    return PublishedModel(version, digest, NOW_MS, made, {"opset": 21, "inputs": []})
