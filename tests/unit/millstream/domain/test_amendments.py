from __future__ import annotations

from millstream.domain.log.amendments import NOTHING_HIDDEN, Amendments
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, shard_name
from millstream.domain.log.records import decode_cores, encode
from tests.builders import NOW_MS, event, subject

ANN, BOB = subject("ann"), subject("bob")


def erased(user: bytes) -> EventRecord:
    """A user is to be forgotten."""
    return EventRecord(user, NOW_MS, (Event(EventKind.UserErased, "e", None, NOW_MS, None, {}),))


def voided(position: object) -> EventRecord:
    """A record counts no longer."""
    void = Event(EventKind.RecordVoided, "v", None, NOW_MS, None, {"position": position, "why": "discarded"})
    return EventRecord(bytes(16), NOW_MS, (void,))


def voided_history(first: object, last: object) -> EventRecord:
    """An import counts no longer."""
    void = Event(EventKind.HistoryVoided, "h", None, NOW_MS, None, {"first": first, "last": last})
    return EventRecord(bytes(16), NOW_MS, (void,))


def read(*records: tuple[int, int, EventRecord]) -> Amendments:
    """What records at these places amend."""
    amendments = Amendments()
    for shard, sequence, record in records:
        data = encode(record)
        amendments.read((shard, sequence), decode_cores(data), data)
    return amendments


def test_other_records_amend_nothing() -> None:
    """A view is a view."""
    amendments = read((0, 1, EventRecord(ANN, NOW_MS, (event(),))))
    assert amendments == Amendments()
    assert amendments.known_at({shard_name(0): 9}) == NOTHING_HIDDEN


def test_an_erasure_hides_what_the_user_did_before_it() -> None:
    """In every shard before its own, too; not the erasure itself, not what came later, not others."""
    hidden = read((1, 5, erased(ANN))).known_at({shard_name(1): 5})
    assert [hidden.hides(ANN, place) for place in ((-1, 3), (0, 99), (1, 4), (1, 5), (1, 6), (2, 1))] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert not hidden.hides(BOB, (1, 4))


def test_an_erasure_behind_what_was_read_is_an_event_like_others() -> None:
    """The view was built before anybody knew."""
    amendments = read((0, 5, erased(ANN)), (0, 8, erased(ANN)))
    assert not amendments.known_at({shard_name(0): 4}).users
    assert amendments.known_at({shard_name(0): 7}).users == {ANN: (0, 5)}
    assert amendments.known_at({shard_name(0): 8}).users == {ANN: (0, 8)}
    assert not amendments.known_at({}).users


def test_a_void_record_is_always_hidden() -> None:
    """Whoever wrote it."""
    hidden = read((0, 7, voided(f"{shard_name(0)}:3"))).known_at({})
    assert hidden.hides(ANN, (0, 3))
    assert not hidden.hides(ANN, (0, 4))


def test_a_void_without_a_position_voids_nothing() -> None:
    """Nothing better can be made of it."""
    assert read((0, 7, voided("somewhere")), (0, 8, voided(None))) == Amendments()


def test_a_voided_range_hides_its_records_from_views_that_knew_of_it() -> None:
    """From the first to the last; a view that was built before the voiding had them."""
    amendments = read((0, 7, voided_history(f"{HISTORY_SHARD}:10", f"{HISTORY_SHARD}:20")))
    hidden = amendments.known_at({shard_name(0): 7})
    assert [sequence for sequence in range(30) if hidden.hides(ANN, (-1, sequence))] == list(range(10, 21))
    assert not hidden.hides(ANN, (0, 15))
    assert amendments.known_at({shard_name(0): 6}) == NOTHING_HIDDEN
    assert (bool(amendments), bool(hidden), bool(NOTHING_HIDDEN)) == (True, True, False)


def test_ranges_may_overlap_touch_and_repeat() -> None:
    """In any order."""
    spans = [(40, 50), (10, 20), (15, 30), (21, 25), (40, 50), (7, 7)]
    hidden = read(
        *(
            (0, place, voided_history(f"{HISTORY_SHARD}:{first}", f"{HISTORY_SHARD}:{last}"))
            for place, (first, last) in enumerate(spans)
        )
    ).known_at({shard_name(0): 9})
    expected = {sequence for first, last in spans for sequence in range(first, last + 1)}
    assert {sequence for sequence in range(60) if hidden.hides(ANN, (-1, sequence))} == expected


def test_a_range_that_is_none_voids_nothing() -> None:
    """Unreadable ends, ends of two shards, or the wrong way round."""
    ends = [
        ("somewhere", None),
        (f"{shard_name(0)}:1", f"{shard_name(1)}:5"),
        (f"{HISTORY_SHARD}:5", f"{HISTORY_SHARD}:4"),
    ]
    assert read(*((0, place, voided_history(*one)) for place, one in enumerate(ends))) == Amendments()


def test_amendments_of_parts_add_up_and_survive_being_stored() -> None:
    """In any order, as the parts of a log are read."""
    span = voided_history(f"{HISTORY_SHARD}:10", f"{HISTORY_SHARD}:20")
    first = read((0, 5, erased(ANN)), (0, 6, voided(f"{HISTORY_SHARD}:3")), (0, 7, span))
    second = read((1, 5, erased(ANN)), (1, 6, erased(BOB)), (1, 7, span))
    both, turned = Amendments(), Amendments()
    for one in (first, second):
        both.add(one)
    for one in (second, first):
        turned.add(one)
    assert both == turned
    assert both.encode() == turned.encode()
    assert Amendments.decode(both.encode()) == both
