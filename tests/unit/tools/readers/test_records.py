"""Events in order of time become records."""

from __future__ import annotations

from millstream.domain.log.events import Event, EventRecord
from millstream_tools.readers.events import ReadEvent
from millstream_tools.readers.records import as_records, as_sort_row
from tests.builders import NOW_MS, event, subject


def records(*read: tuple[str, Event], named: bool = True) -> list[EventRecord]:
    """The records of events that were read in this order."""
    rows = [as_sort_row(place, ReadEvent(subject(user), named, one)) for place, (user, one) in enumerate(read)]
    return list(as_records(sorted(rows)))


def test_events_of_one_user_that_follow_each_other_share_a_record() -> None:
    """Until somebody else's comes; a record is taken in when its last event happened."""
    a, b, c, d = (event(f"item-{at}", at_ms=NOW_MS + at, quantity=at) for at in range(4))
    assert records(("ann", a), ("ann", b), ("bob", c), ("ann", d)) == [
        EventRecord(subject("ann"), NOW_MS + 1, (a, b)),
        EventRecord(subject("bob"), NOW_MS + 2, (c,)),
        EventRecord(subject("ann"), NOW_MS + 3, (d,)),
    ]


def test_a_record_holds_twenty_events_at_most() -> None:
    """As one call does."""
    many = [("ann", event(f"item-{at}", at_ms=NOW_MS + at)) for at in range(45)]
    assert [len(record.events) for record in records(*many)] == [20, 20, 5]


def test_the_logs_clock_only_goes_forward() -> None:
    """Whatever the order of the file."""
    read = [(f"user-{at * 7 % 5}", event(f"item-{at}", at_ms=NOW_MS + at * 37 % 101)) for at in range(200)]
    times = [record.recorded_at_ms for record in records(*read)]
    assert times == sorted(times)


def test_events_of_one_moment_keep_the_order_of_the_file() -> None:
    """The lines of an invoice."""
    read = [("ann", event(item, at_ms=NOW_MS)) for item in "zmaq"]
    assert [one.item_id for one in records(*read)[0].events] == list("zmaq")


def test_rows_that_say_the_same_are_told_apart_by_how_many_came_before() -> None:
    """Two of one thing, bought at once; at another moment they are counted anew."""
    same = [("ann", event("lamp", at_ms=NOW_MS + at, event_id="derived")) for at in (0, 0, 0, 1)]
    (record,) = records(*same, named=False)
    assert [one.event_id for one in record.events] == ["derived", "derived-1", "derived-2", "derived"]


def test_an_id_of_the_files_own_is_never_changed() -> None:
    """A row that stands there twice is one event, as it is for a client that repeats itself."""
    same = [("ann", event("lamp", event_id="e1"))] * 2
    (record,) = records(*same)
    assert [one.event_id for one in record.events] == ["e1", "e1"]
