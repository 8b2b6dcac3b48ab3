"""Mark a record of the log as void."""

from __future__ import annotations

from typing import Literal

from millstream.application.collect.publish_items import ABOUT_ITEMS
from millstream.application.ports import Clock, EventLog
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import encode

NO_KEY = ABOUT_ITEMS.hex()
"""The partition key for voiding a record whose own key is unknown."""


def void(
    log: EventLog, clock: Clock, position: Position, partition_key: str, why: Literal["redriven", "discarded"]
) -> Position:
    """Append RecordVoided and return its position. Repeating it changes nothing. Raises UnavailableError.

    No view contains the record so far. This keeps it out of future views, whose code may be able to read it.
    """
    now_ms = clock.now_ms()
    attributes = {"position": str(position), "why": why}
    voided = Event(EventKind.RecordVoided, f"{position}@{now_ms}", None, now_ms, None, attributes)
    return log.append(partition_key, encode(EventRecord(ABOUT_ITEMS, now_ms, (voided,))))
