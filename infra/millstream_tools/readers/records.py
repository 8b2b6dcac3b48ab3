"""Convert events sorted by time to records with increasing recording times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.submissions import MOST_EVENTS
from millstream_tools.readers.events import ReadEvent
from millstream_tools.readers.ordering import SortRow


def as_sort_row(number: int, read: ReadEvent) -> SortRow:
    """The sort row of an event: by time, then in file order by `number`."""
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
        read.attributes,
    )


def as_records(rows: Iterable[SortRow]) -> Iterator[EventRecord]:
    """Records of up to 20 consecutive events of one user with the same attributes.

    A record is recorded at the time of its last event.
    """
    for (subject, attributes), of_user in groupby(_events(rows), key=itemgetter(0, 1)):
        events = (event for _, _, event in of_user)
        while some := tuple(islice(events, MOST_EVENTS)):
            yield EventRecord(subject, some[-1].occurred_at_ms, some, attributes)


def _events(rows: Iterable[SortRow]) -> Iterator[tuple[Pseudonym, bytes, Event]]:
    """The events, with derived ids for those without one.

    The first of several equal rows has the id that POST /events would derive; the others get a counter. So do rows that
    have one id of the file and one time but other contents: the id is that of an order, and these are its lines. Only
    the rows of one time are kept in memory.
    """
    for occurred_at_ms, of_moment in groupby(rows, key=itemgetter(0)):
        before: Counter[str] = Counter()
        lines: dict[tuple[Pseudonym, str], list[tuple[Any, ...]]] = {}
        for _, _, subject, named, kind, event_id, item_id, value, attributes, codes in of_moment:
            if named:
                line = (kind, item_id, value, attributes)
                of_id = lines.setdefault((subject, event_id), [])
                if line not in of_id:
                    of_id.append(line)
                number = of_id.index(line)
            else:
                number = before[event_id]
                before[event_id] += 1
            name = f"{event_id}-{number}" if number else event_id
            yield subject, codes, Event(EventKind(kind), name, item_id, occurred_at_ms, value, attributes)
