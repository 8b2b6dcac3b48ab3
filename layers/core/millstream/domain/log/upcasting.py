"""What events of older versions mean today.

A record keeps for ever the version in which it was written; whoever reads it gets events of the newest one. Each step
leads from its version to the next, so a new version brings one step, and no reader has to know what came before.
Source: Overeem et al., "The dark side of event sourcing: Managing data conversion" (SANER 2017), on upcasting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind

Upcaster = Callable[[EventRecord], EventRecord]


def upcast(record: EventRecord, version: int) -> EventRecord:
    """A record that was decoded from this version, as the newest version has it."""
    while version in UPCASTERS:
        record = UPCASTERS[version](record)
        version += 1
    return record


def _with_quantities(record: EventRecord) -> EventRecord:
    """Version 2 says how many pieces were bought; who wrote version 1 meant one."""
    return replace(record, events=tuple(map(_with_quantity, record.events)))


def _with_quantity(event: Event) -> Event:
    if event.kind is not EventKind.ItemPurchased:
        return event
    return replace(event, attributes={**event.attributes, "quantity": 1})


UPCASTERS: Mapping[int, Upcaster] = MappingProxyType({1: _with_quantities})
"""The step that leads from each version to the next one."""
