"""Validation of the body of `POST /events`, shaped like Amazon Personalize's PutEvents, event by event.

Source: https://docs.aws.amazon.com/personalize/latest/dg/API_UBS_PutEvents.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from millstream.domain import fields
from millstream.domain.attributes import NO_ATTRIBUTES
from millstream.domain.declaration import NOTHING_DECLARED, Declaration
from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import event_tag
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import ALIASES, FROM_CLIENTS, EventKind

MOST_EVENTS = 20
"""Fewer than the event ids that a user's row keeps, so that all events of a repeated call are recognised."""

CLOCK_AHEAD_MS = 3_600_000
"""How far a client's clock may be ahead of ours; a later event would delay the decay of all weights."""

CALL_FIELDS = ("userId", "sessionId", "attributes", "eventList")
EVENT_FIELDS = (
    "eventId",
    "eventType",
    "itemId",
    "sentAt",
    "eventValue",
    "quantity",
    "recommendationId",
    "impression",
    "properties",
)

MOST_IMPRESSIONS = 100

LONGEST_PROPERTIES = 1024
"""Characters, as in PutEvents."""

MOST_PIECES = 1_000_000
"""Pieces of one item in one purchase; more is a value in the wrong field."""

NO_IDS = frozenset(
    {
        "",
        "null",
        "(null)",
        "<null>",
        "none",
        "(none)",
        "nil",
        "nan",
        "n/a",
        "undefined",
        "(not set)",
        "[object object]",
        "\\n",
        "00000000-0000-0000-0000-000000000000",
    }
)
"""What programs write where they have no id, in lower case: taken as an id, it would make one user of many."""

_WITH_QUANTITY = ", ".join(kind.name for kind in sorted(FROM_CLIENTS) if kind.traits.quantity)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event of a call was rejected; `index` is its index in `eventList`."""

    index: int
    event_id: str | None
    error: InvalidInputError


@dataclass(frozen=True, slots=True)
class Submission:
    """One call, split into accepted events and rejections.

    `indexes` are those of the accepted events in `eventList`, `untimed` the ids of events whose time is ours.
    `attributes` are the codes of what the call says of the user (domain/attributes.py).
    """

    user_id: str
    accepted: tuple[Event, ...]
    rejected: tuple[Rejection, ...]
    indexes: tuple[int, ...]
    untimed: frozenset[str]
    attributes: bytes = NO_ATTRIBUTES

    def without_repeated_ids(self, indexes: Collection[int]) -> Submission:
        """The call with these accepted events rejected, because their ids are those of other events."""
        if not indexes:
            return self
        placed = list(zip(self.indexes, self.accepted, strict=True))
        refused = [_of_another_event(index, event) for index, event in placed if index in indexes]
        kept = [(index, event) for index, event in placed if index not in indexes]
        return replace(
            self,
            accepted=tuple(event for _, event in kept),
            rejected=tuple(sorted((*self.rejected, *refused), key=lambda one: one.index)),
            indexes=tuple(index for index, _ in kept),
        )


def _of_another_event(index: int, event: Event) -> Rejection:
    error = InvalidInputError(f"eventList[{index}].eventId", "another id for another event", event.event_id)
    return Rejection(index, event.event_id, error)


def parse_submission(
    body: object, now_ms: int, no_ids: Collection[str] = NO_IDS, declared: Declaration = NOTHING_DECLARED
) -> Submission:
    """Check one call. Raises InvalidInputError if the call as a whole is invalid.

    `declared` are the attributes that a call may say. `no_ids` are the texts, in lower case, that are no ids of users,
    items, sessions and events.
    """
    call = fields.mapping("body", body)
    fields.only(call, CALL_FIELDS)
    user_id = named_id(call, "userId", no_ids)
    session_id = _id_or_none(call, "sessionId", no_ids)
    attributes = NO_ATTRIBUTES if call.get("attributes") is None else declared.encoded(call["attributes"])
    entries = call.get("eventList")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_EVENTS:
        got = f"{len(entries)} events" if isinstance(entries, list) else entries
        raise InvalidInputError("eventList", f"a list of 1 to {MOST_EVENTS} events", got)
    accepted: list[Event] = []
    indexes: list[int] = []
    untimed: set[str] = set()
    rejected: list[Rejection] = []
    known: dict[str, Event] = {}
    for index, entry in enumerate(entries):
        try:
            event = _event(entry, f"eventList[{index}].", user_id, session_id, now_ms, no_ids, attributes)
        except InvalidInputError as error:
            rejected.append(Rejection(index, _id_if_any(entry), error))
            continue
        if known.setdefault(event.event_id, event) != event:
            rejected.append(_of_another_event(index, event))
            continue
        accepted.append(event)
        indexes.append(index)
        if entry.get("sentAt") is None:
            untimed.add(event.event_id)
    return Submission(user_id, tuple(accepted), tuple(rejected), tuple(indexes), frozenset(untimed), attributes)


def _event(
    entry: object, prefix: str, user_id: str, session_id: str | None, now_ms: int, no_ids: Collection[str], said: bytes
) -> Event:
    event = fields.mapping(prefix.rstrip("."), entry)
    fields.only(event, EVENT_FIELDS, prefix)
    kind = _kind(event, prefix)
    item_id = _item_id(event, kind, prefix, no_ids, said)
    occurred_at_ms = sent_at_ms(event, now_ms, prefix)
    attributes = {
        "sessionId": session_id,
        "recommendationId": fields.optional_id(event, "recommendationId", prefix),
        "impression": _impression(event, prefix),
        "quantity": _quantity(event, kind, prefix),
        "properties": _properties(event, prefix),
    }
    event_id = _id_or_none(event, "eventId", no_ids, prefix)
    return Event(
        kind,
        event_id or _derived_id(user_id, session_id, kind, item_id or said.hex(), occurred_at_ms),
        item_id,
        occurred_at_ms,
        _value(event, kind, prefix),
        {name: value for name, value in attributes.items() if value is not None},
    )


def named_id(of: Mapping[str, Any], name: str, no_ids: Collection[str], prefix: str = "") -> str:
    """An id that names somebody or something."""
    value = fields.required_id(of, name, prefix)
    if value.strip().lower() in no_ids:
        raise InvalidInputError(prefix + name, "an id, not a word for none", value)
    return value


def _id_or_none(of: Mapping[str, Any], name: str, no_ids: Collection[str], prefix: str = "") -> str | None:
    return None if of.get(name) is None else named_id(of, name, no_ids, prefix)


def _kind(event: Mapping[str, Any], prefix: str) -> EventKind:
    name = event.get("eventType")
    if not isinstance(name, str) or name not in ALIASES:
        raise InvalidInputError(prefix + "eventType", "one of " + ", ".join(ALIASES), name)
    return ALIASES[name]


def sent_at_ms(event: Mapping[str, Any], now_ms: int, prefix: str = "") -> int:
    """The client's time in `sentAt`; `now_ms` if absent. Raises InvalidInputError."""
    seconds = fields.optional_number(event, "sentAt", prefix)
    if seconds is None:
        return now_ms
    if not 0 <= seconds * 1000 <= now_ms + CLOCK_AHEAD_MS:
        raise InvalidInputError(prefix + "sentAt", "seconds since 1970, at most an hour ahead of now", seconds)
    return round(seconds * 1000)


def _properties(event: Mapping[str, Any], prefix: str) -> dict[str, Any] | None:
    """The shop's own data about an event: an object or, as in PutEvents, its JSON. It is kept in the log."""
    given = event.get("properties")
    if given is None:
        return None
    expected = f"an object, or a string with its JSON, of up to {LONGEST_PROPERTIES} characters"
    try:
        content = json.loads(given) if isinstance(given, str) else given
        text = json.dumps(content, allow_nan=False, ensure_ascii=False)
    except (ValueError, RecursionError):
        raise InvalidInputError(prefix + "properties", expected, given) from None
    if not isinstance(content, dict) or len(text) > LONGEST_PROPERTIES or not fields.is_storable(text):
        raise InvalidInputError(prefix + "properties", expected, given)
    return content


def _impression(event: Mapping[str, Any], prefix: str) -> list[str] | None:
    shown = event.get("impression")
    if shown is None:
        return None
    if not isinstance(shown, list) or len(shown) > MOST_IMPRESSIONS or not all(isinstance(i, str) for i in shown):
        raise InvalidInputError(prefix + "impression", f"a list of up to {MOST_IMPRESSIONS} item ids", shown)
    return [fields.required_id({f"impression[{i}]": item}, f"impression[{i}]", prefix) for i, item in enumerate(shown)]


def _value(event: Mapping[str, Any], kind: EventKind, prefix: str) -> float | None:
    """The client's value, within the bounds of its kind."""
    value, scale = fields.optional_number(event, "eventValue", prefix), kind.traits.values
    if value is None and kind.traits.needs_value:
        raise InvalidInputError(prefix + "eventValue", f"a number with {kind.name}", value)
    if value is not None and scale and scale.refuses_others and not scale.lowest <= value <= scale.highest:
        expected = f"a number from {scale.lowest:g} to {scale.highest:g} with {kind.name}"
        raise InvalidInputError(prefix + "eventValue", expected, value)
    return value


def _quantity(event: Mapping[str, Any], kind: EventKind, prefix: str) -> int | None:
    """The number of pieces bought; one by default."""
    quantity = fields.optional_count(event, "quantity", MOST_PIECES, prefix)
    if kind.traits.quantity:
        return quantity or 1
    if quantity is not None:
        raise InvalidInputError(prefix + "quantity", f"no quantity, except with {_WITH_QUANTITY}", quantity)
    return None


def _item_id(
    event: Mapping[str, Any], kind: EventKind, prefix: str, no_ids: Collection[str], said: bytes
) -> str | None:
    if kind.traits.about_item:
        return named_id(event, "itemId", no_ids, prefix)
    if said == NO_ATTRIBUTES:
        raise InvalidInputError("attributes", f"an attribute of the user with {kind.name}", None)
    if event.get("itemId") is not None:
        raise InvalidInputError(prefix + "itemId", f"no item with {kind.name}", event["itemId"])
    return None


def _derived_id(user_id: str, session_id: str | None, kind: EventKind, about: str, occurred_at_ms: int) -> str:
    """The id of an event without one, derived from its content, so that the same event sent twice counts once."""
    content = "\x1f".join((user_id, session_id or "", kind.name, about, str(occurred_at_ms)))
    return event_tag(content).hex()


def _id_if_any(entry: object) -> str | None:
    """The client's own id, if it can be returned in a UTF-8 response."""
    try:
        return fields.optional_id(fields.mapping("", entry), "eventId")
    except InvalidInputError:
        return None
