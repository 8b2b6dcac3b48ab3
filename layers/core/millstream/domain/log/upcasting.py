"""Upcasting: convert events of older versions to the newest one.

A record keeps the version in which it was written; readers get events of the newest version. Each step converts from
one version to the next, so a new version adds one step, and readers need not know older versions. Source: Overeem et
al., "The dark side of event sourcing: Managing data conversion" (SANER 2017), on upcasting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind

Upcaster = Callable[[EventRecord], EventRecord]


def upcast(record: EventRecord, version: int) -> EventRecord:
    """Convert a record decoded from `version` to the newest version."""
    while version in UPCASTERS:
        record = UPCASTERS[version](record)
        version += 1
    return record


def _with_quantities(record: EventRecord) -> EventRecord:
    """Version 2 has a quantity for purchases; in version 1 it is one."""
    return replace(record, events=tuple(map(_with_quantity, record.events)))


def _with_quantity(event: Event) -> Event:
    if event.kind is not EventKind.ItemPurchased:
        return event
    return replace(event, attributes={**event.attributes, "quantity": 1})


def _without_attributes(record: EventRecord) -> EventRecord:
    """Version 3 may have attributes; a record without any means the same in version 2."""
    return record


UPCASTERS: Mapping[int, Upcaster] = MappingProxyType({1: _with_quantities, 2: _without_attributes})
"""The conversion from each version to the next."""
