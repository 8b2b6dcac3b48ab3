"""What Hypothesis draws: JSON of every kind, events, records, and the log of a few users."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from millstream.application.ports import LogRecord
from millstream.domain.attributes import FORGOTTEN, MOST_ATTRIBUTES, NO_ATTRIBUTES, joined
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import FROM_CLIENTS, EventKind
from millstream.domain.log.positions import Position, shard_name
from millstream.domain.log.records import LATEST_MS, VERSION, encode
from tests.builders import NOW_MS, SHARD, subject

DAY_MS = 24 * 3600 * 1000
USERS = ("ann", "bob", "cem")
ITEMS = ("lamp", "desk", "vase", "chair", "rug", "clock", "shelf")

any_text = st.text(st.characters(), max_size=12)
"""Lone surrogates too: JSON can spell them."""

storable_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)

numbers = st.one_of(
    st.integers(-5, 5),
    st.integers(min_value=10**300, max_value=10**330),
    st.floats(),
    st.floats(NOW_MS / 1000 - 1e6, NOW_MS / 1000 + 1e5),
)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
"""Whatever `json.loads` can return, NaN, Infinity and integers beyond a double included."""


def objects_with(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that often have these fields, with contents that are often right and often anything."""
    return st.dictionaries(st.sampled_from(names) | any_text, json_values | storable_text, max_size=len(names))


positions = st.builds(Position, st.integers(-1, 10**9).map(shard_name), st.integers(0, 2**186 - 1))

times_ms = st.one_of(
    st.integers(NOW_MS - 400 * DAY_MS, NOW_MS),
    st.integers(0, 40).map(lambda minutes: NOW_MS + minutes * 60_000),
    st.integers(0, 3_000).map(lambda ms: NOW_MS + ms),
)
"""Clocks that run, stand still, go back, and skip more than an era of the trend."""

_json_attributes = st.dictionaries(
    storable_text, st.none() | st.booleans() | st.integers(-9, 9) | storable_text | st.lists(storable_text), max_size=3
)


def _event(kind: EventKind, attributes: dict[str, Any], quantity: int, **other: Any) -> Event:
    """An event with what its kind must have."""
    must = {"quantity": quantity} if kind.traits.quantity else {}
    return Event(kind, attributes=attributes | must, **other)


_quantities = st.integers(1, 1_000_000)

events = st.builds(
    _event,
    kind=st.sampled_from(EventKind),
    event_id=storable_text,
    item_id=st.none() | storable_text,
    occurred_at_ms=st.integers(0, 2**63),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    attributes=_json_attributes,
    quantity=_quantities,
)

records = st.builds(
    EventRecord,
    subject=st.binary(min_size=16, max_size=16),
    recorded_at_ms=st.integers(0, LATEST_MS),
    events=st.lists(events, min_size=1, max_size=20).map(tuple),
)

client_events = st.builds(
    _event,
    kind=st.sampled_from(sorted(FROM_CLIENTS)),
    event_id=st.integers(0, 30).map("e{}".format),
    item_id=st.sampled_from(ITEMS),
    occurred_at_ms=times_ms,
    value=st.none() | st.floats(0, 100),
    attributes=st.just({}),
    quantity=_quantities,
)
"""Few event ids, so that clients repeat themselves."""

slates_served = st.builds(
    Event, st.just(EventKind.SlateServed), storable_text, st.none(), times_ms, st.none(), st.just({"items": []})
)


recorded_times_ms = st.just(NOW_MS + 60 * 60_000) | times_ms
"""Our own clock: after all clients' clocks, or as wrong as they are."""


def _user_record(user: str, recorded_at_ms: int, happened: list[Event], attributes: bytes = NO_ATTRIBUTES) -> bytes:
    return encode(EventRecord(subject(user), recorded_at_ms, tuple(happened), attributes))


attributes = st.just(NO_ATTRIBUTES) | st.lists(
    st.sampled_from([0, 0, 1, 2, FORGOTTEN]), min_size=MOST_ATTRIBUTES, max_size=MOST_ATTRIBUTES
).map(joined)
"""Codes of attributes, as records have them."""


_of_client_events = st.builds(
    _user_record,
    st.sampled_from(["ann", *USERS]),
    recorded_times_ms,
    st.lists(client_events, min_size=1, max_size=4),
    attributes,
)
_of_slates = st.builds(
    _user_record, st.sampled_from(USERS), recorded_times_ms, st.lists(slates_served, min_size=1, max_size=1), attributes
)
readable = st.integers(0, 6).flatmap(lambda chance: _of_client_events if chance else _of_slates)
"""Records of client events mostly; one user has more of them, because trouble needs several records of one user."""

poison = st.one_of(
    st.binary(max_size=40),
    readable.map(lambda data: data[:20]),
    readable.map(lambda data: data[:1] + bytes([VERSION + 1]) + data[2:]),
)
"""Bytes that nobody can read: rubbish, records cut short, records of a version to come."""


with_poison = st.integers(0, 6).flatmap(lambda chance: readable if chance else poison)


def logs(*, of: st.SearchStrategy[bytes] | None = None) -> st.SearchStrategy[list[LogRecord]]:
    """One shard's log, with gaps between the sequence numbers as Kinesis leaves them."""
    one = st.tuples(with_poison if of is None else of, st.integers(1, 2**70))
    # Drawn from two sizes, because Hypothesis likes short lists and short logs hide much.
    return (st.lists(one, min_size=1, max_size=24) | st.lists(one, min_size=12, max_size=24)).map(_positioned)


def _positioned(drawn: list[tuple[bytes, int]]) -> list[LogRecord]:
    log, sequence_number = [], 0
    for data, gap in drawn:
        sequence_number += gap
        log.append(LogRecord(Position(SHARD, sequence_number), "key", data))
    return log
