"""Records that nobody can read, put straight into the stream between good ones."""

from __future__ import annotations

import base64

import pytest

from millstream.domain.keys import pseudonym
from millstream.domain.log.events import EventRecord
from millstream.domain.log.records import VERSION, encode
from millstream.domain.views import user_row
from tests.builders import NOW_MS, views
from tests.e2e.clean_run import assert_exactly_once
from tests.e2e.stack import Stack, event
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

RANDOM_BYTES = bytes.fromhex("9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95")


def test_poison_ends_in_the_queue_with_its_reason_and_its_neighbours_go_through(stack: Stack) -> None:
    """Random bytes, a torn record, one of a schema version to come, one without bytes: one letter each, once."""
    subject = pseudonym("neighbour", stack.stores.secret())
    good = [encode(EventRecord(subject, NOW_MS, (one,))) for one in views("lamp", "desk", "vase", "chair")]
    future = good[0][:1] + bytes([VERSION + 1]) + good[0][2:]
    torn = good[0][:50]
    datas = [good[0], RANDOM_BYTES, good[1], torn, future, good[2], b"\xf5", good[3]]
    reasons = {
        RANDOM_BYTES: "record.magic: expected 0xf5, got '0x9e'",
        torn: "record: expected 1 events and a tail, more than 57 bytes, got '50 bytes'",
        future: f"record.version: expected a schema version from 1 to {VERSION}, got {VERSION + 1}",
        b"\xf5": "record: expected at least 28 bytes, got '1 bytes'",
    }
    positions = dict(zip(datas, stack.stream.put(subject.hex(), datas), strict=True))
    stack.entered += len(datas)
    stack.drain()
    letters = {letter["position"]: letter for letter in stack.dead_letters()}
    for data, reason in reasons.items():
        letter = letters[str(positions[data])]
        assert letter["reason"] == reason
        assert base64.b64decode(letter["data"]) == data
        assert letter["bytes"] == len(data)
    assert len([letter for letter in stack.dead_letters() if letter["position"] in map(str, positions.values())]) == 4
    state = user_row.unpack(stack.stores.features().read_user(subject).data)
    assert (state.applied, state.position) == (len(good), positions[good[-1]])
    assert_exactly_once(stack)


def test_a_shard_is_not_held_up_by_poison(stack: Stack) -> None:
    """Nothing is retried for it: what a client sends after it is seen at once, and Lambda gives up on nothing."""
    before = {counts.function: counts for counts in stack.cloud.deliveries}
    subject = pseudonym("behind", stack.stores.secret())
    stack.stream.put(subject.hex(), [b"poison"] * 3)
    stack.entered += 3
    position = stack.accept("behind", event("lamp", "behind-1"))
    eventually(lambda: not stack.http("GET", f"/recommendations/behind?min_position={position}").body["stale"])
    stack.drain()
    for counts in stack.cloud.deliveries:
        earlier = before[counts.function]
        assert counts.records_discarded == earlier.records_discarded == 0
        assert counts.records_retried == earlier.records_retried
    assert_exactly_once(stack)


def test_poison_in_a_batch_that_is_delivered_again_is_reported_under_the_same_position(stack: Stack) -> None:
    """At least once is what a letter promises; its position tells a repeated one from a new one."""
    subject = pseudonym("reported", stack.stores.secret())
    (position,) = stack.stream.put(subject.hex(), [b"poison"])
    stack.entered += 1
    stack.accept("reported", event("lamp", "reported-1"))
    stack.drain()
    tail = stack.stream.entries()[position.shard][-2:]
    assert stack.stream.hand_over("ProjectEvents", tail) == {"batchItemFailures": []}
    assert [letter["position"] for letter in stack.dead_letters()].count(str(position)) == 2
    assert_exactly_once(stack)
