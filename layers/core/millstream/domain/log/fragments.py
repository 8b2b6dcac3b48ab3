"""Best-effort reading of bytes that are not a valid record, for people who inspect dead letters.

Nothing here is certain: a record of a newer version is read as if it had today's layout, which may give nonsense.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from millstream.domain.attributes import NO_ATTRIBUTES, codes_of
from millstream.domain.errors import InvalidRecordError
from millstream.domain.log.events import EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import CONTEXT, CORE, HEADER, MAGIC, WITH_CONTEXT, Core, decode

LONGEST_REST = 2_000
"""Characters kept of the tail if it is not valid JSON."""

_FARTHEST_MS = 2**53
"""A number that no clock shows, and that every JSON parser accepts."""


def fragment_of(data: bytes) -> dict[str, Any]:
    """The readable fields, named as in a record's JSON (`subject`, `recordedAtMs`, `events`); empty if there are none.

    Also `version`, `count` (the header's number of events), and `rest`: the text after the events if it is not a valid
    tail.
    """
    with suppress(InvalidRecordError):
        record = record_as_json(decode(data))
        return {"version": data[1], **record}
    if len(data) < HEADER.size or data[0] != MAGIC:
        return {}
    _, version, count, recorded_at_ms, subject = HEADER.unpack_from(data)
    start = HEADER.size + (CONTEXT.size if version >= WITH_CONTEXT else 0)
    cores_end = start + min(count, max(0, len(data) - start) // CORE.size) * CORE.size
    tail, rest = _tail(data[cores_end:])
    events = [_event(core, tail, place) for place, core in enumerate(CORE.iter_unpack(data[start:cores_end]))]
    head = {"version": version, "count": count, "subject": subject.hex(), "recordedAtMs": _plausible(recorded_at_ms)}
    return {**head, "events": events} | ({"rest": rest} if rest else {})


def record_as_json(record: EventRecord) -> dict[str, Any]:
    """A record in the form of `events/golden`."""
    events = [
        {
            "kind": event.kind.name,
            "eventId": event.event_id,
            "itemId": event.item_id,
            "occurredAtMs": event.occurred_at_ms,
            "value": event.value,
            "attributes": event.attributes,
        }
        for event in record.events
    ]
    said = {} if record.attributes == NO_ATTRIBUTES else {"attributes": list(codes_of(record.attributes))}
    return {"subject": record.subject.hex(), "recordedAtMs": record.recorded_at_ms, **said, "events": events}


def _tail(data: bytes) -> tuple[dict[str, Sequence[Any]], str]:
    """The event ids, item ids and attributes of the tail, or its text if it is not valid."""
    text = data.decode(errors="replace")
    try:
        tail = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return {}, text[:LONGEST_REST]
    if not isinstance(tail, dict):
        return {}, text[:LONGEST_REST]
    return {name: values for name, values in tail.items() if isinstance(values, list)}, ""


def _event(core: Core, tail: dict[str, Sequence[Any]], place: int) -> dict[str, Any]:
    item, tag, occurred_at_ms, value, kind = core
    named = {
        name: tail[letter][place]
        for name, letter in (("eventId", "e"), ("itemId", "i"), ("attributes", "a"))
        if place < len(tail.get(letter, ()))
    }
    return {
        "kind": EventKind(kind).name if kind in set(EventKind) else kind,
        "itemKey": item.hex(),
        "eventTag": tag.hex(),
        "occurredAtMs": _plausible(occurred_at_ms),
        "value": value if math.isfinite(value) else None,
        **named,
    }


def _plausible(milliseconds: int) -> int | str:
    return milliseconds if milliseconds < _FARTHEST_MS else hex(milliseconds)
