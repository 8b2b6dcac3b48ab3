"""Read a record from a file: its stored bytes, or JSON as printed by `millstream dlq show --json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from millstream.domain.attributes import NO_ATTRIBUTES, packed
from millstream.domain.errors import InvalidInputError
from millstream.domain.fields import mapping, optional_id, optional_number, required_id
from millstream.domain.keys import PSEUDONYM_BYTES
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import encode

LATEST_MS = 2**63


def record_bytes(path: Path) -> bytes:
    """The record's bytes. JSON, of a whole letter or of its record, is encoded in the newest version.

    Bytes are returned unchanged and unchecked. Raises InvalidInputError, OSError.
    """
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{"):
        return data
    try:
        content = json.loads(data)
    except ValueError as error:
        raise InvalidInputError(str(path), "a record's bytes, or its JSON", error) from error
    letter = mapping(str(path), content)
    return encode(_record(mapping("record", letter["record"]) if "record" in letter else letter))


def _record(told: Mapping[str, Any]) -> EventRecord:
    events = told.get("events")
    if not isinstance(events, list) or not events:
        raise InvalidInputError("events", "a list of at least one event", events)
    parsed = tuple(_event(mapping(f"events[{place}]", one), f"events[{place}].") for place, one in enumerate(events))
    said = told.get("attributes")
    attributes = NO_ATTRIBUTES if said is None else packed(said, "attributes")
    return EventRecord(_subject(told.get("subject")), _time(told, "recordedAtMs", ""), parsed, attributes)


def _event(told: Mapping[str, Any], prefix: str) -> Event:
    return Event(
        kind=_kind(told.get("kind"), prefix),
        event_id=required_id(told, "eventId", prefix),
        item_id=optional_id(told, "itemId", prefix),
        occurred_at_ms=_time(told, "occurredAtMs", prefix),
        value=optional_number(told, "value", prefix),
        attributes=dict(mapping(f"{prefix}attributes", told.get("attributes", {}))),
    )


def _subject(told: object) -> bytes:
    try:
        subject = bytes.fromhex(str(told))
    except ValueError:
        subject = b""
    if len(subject) != PSEUDONYM_BYTES:
        raise InvalidInputError("subject", f"{2 * PSEUDONYM_BYTES} hexadecimal digits", told)
    return subject


def _kind(told: object, prefix: str) -> EventKind:
    try:
        return EventKind[str(told)]
    except KeyError:
        names = ", ".join(kind.name for kind in EventKind)
        raise InvalidInputError(f"{prefix}kind", f"one of {names}", told) from None


def _time(told: Mapping[str, Any], name: str, prefix: str) -> int:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LATEST_MS:
        raise InvalidInputError(f"{prefix}{name}", "milliseconds since 1970-01-01 UTC", value)
    return value
