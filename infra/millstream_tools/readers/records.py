"""Events in order of time become the records of a log whose clock only goes forward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter

from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.submissions import MOST_EVENTS
from millstream_tools.readers.events import ReadEvent
from millstream_tools.readers.ordering import SortRow


def as_sort_row(number: int, read: ReadEvent) -> SortRow:
    """What is sorted: by time, then as the files have them, which `number` says."""
    event = read.event
    return (
        event.occurred_at_ms,
        number,
        read.subject,
        read.named,
        int(event.kind),
        event.event_id,
        event.item_id,
        event.value,
        event.attributes,
    )


def as_records(rows: Iterable[SortRow]) -> Iterator[EventRecord]:
    """Records of up to 20 events that follow each other and are one user's.

    A record counts as taken in when its last event happened.
    """
    for subject, of_user in groupby(_events(rows), key=itemgetter(0)):
        events = (event for _, event in of_user)
        while some := tuple(islice(events, MOST_EVENTS)):
            yield EventRecord(subject, some[-1].occurred_at_ms, some)


def _events(rows: Iterable[SortRow]) -> Iterator[tuple[Pseudonym, Event]]:
    """The events, those without an id of their own with one.

    The first of several rows that say the same has the id that POST /events would give; the others are told apart by
    how many came before. Rows that say the same have the same time, so only those of one moment are remembered.
    """
    for occurred_at_ms, of_moment in groupby(rows, key=itemgetter(0)):
        before: Counter[str] = Counter()
        for _, _, subject, named, kind, event_id, item_id, value, attributes in of_moment:
            name = event_id
            if not named:
                if before[event_id]:
                    name = f"{event_id}-{before[event_id]}"
                before[event_id] += 1
            yield subject, Event(EventKind(kind), name, item_id, occurred_at_ms, value, attributes)
