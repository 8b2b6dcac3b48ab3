"""POST /events and the key, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.domain.keys import pseudonym
from millstream.domain.log.positions import parse_position
from millstream.domain.log.records import decode
from tests.e2e.stack import Stack, event

pytestmark = pytest.mark.cloud

GUARDED = [
    ("POST", "/events"),
    ("PUT", "/items"),
    ("GET", "/recommendations/ann"),
    ("GET", "/items/lamp"),
    ("GET", "/items/lamp/similar"),
]
KINDS = "one of ItemViewed, ItemAddedToCart, ItemPurchased, ItemRated, SatisfactionReported, ItemLiked"


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("key", ["", "not-the-key"])
def test_without_the_key_a_route_answers_403(stack: Stack, method: str, path: str, key: str) -> None:
    """API Gateway refuses before any function runs."""
    answer = stack.http(method, path, {} if method != "GET" else None, key=key)
    assert (answer.status, answer.body) == (403, {"message": "Forbidden"})


def test_health_needs_no_key(stack: Stack) -> None:
    """A load balancer or an uptime check has none."""
    assert stack.http("GET", "/health", key="").status == 200


def test_an_accepted_event_lies_in_the_log_at_its_position_under_a_pseudonym(stack: Stack) -> None:
    """What the answer says is in the log, whole; who it was is not."""
    sent = event("lamp", "whole-1", "ItemRated", eventValue=4.5, sentAt=1_790_000_000.25, impression=["lamp", "desk"])
    answer = stack.send("whole", sent | {"recommendationId": "a-slate"}, session="a-session")
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.body["accepted"] == ["whole-1"]
    assert answer.body["rejected"] == []
    position = parse_position(answer.body["position"])
    (entry,) = (one for one in stack.stream.entries()[position.shard] if one.record.position == position)
    record = decode(entry.record.data)
    (stored,) = record.events
    assert record.subject == pseudonym("whole", stack.stores.secret())
    assert (stored.kind.name, stored.event_id, stored.item_id) == ("ItemRated", "whole-1", "lamp")
    assert (stored.occurred_at_ms, stored.value) == (1_790_000_000_250, 4.5)
    assert stored.attributes == {
        "sessionId": "a-session",
        "recommendationId": "a-slate",
        "impression": ["lamp", "desk"],
    }
    assert b"whole" not in entry.record.data.replace(b"whole-1", b"")


def test_of_a_partly_good_call_the_good_events_are_accepted_and_each_other_is_explained(stack: Stack) -> None:
    """Index, event id, field, expectation and what came instead."""
    good, bad = event("lamp", "partly-1"), event("lamp", "partly-2", "Bought")
    answer = stack.send("partly", good, bad, {"eventType": "view"}, ["no", "object"])
    assert answer.status == 200
    assert answer.body["accepted"] == ["partly-1"]
    first, second, third = answer.body["rejected"]
    assert first["expected"].startswith(KINDS)
    assert first | {"expected": KINDS} == {
        "index": 1,
        "eventId": "partly-2",
        "field": "eventList[1].eventType",
        "expected": KINDS,
        "got": "'Bought'",
    }
    assert (second["index"], second["eventId"], second["field"]) == (2, None, "eventList[2].itemId")
    assert (third["index"], third["field"], third["got"]) == (3, "eventList[3]", '["no", "object"]')


def test_a_call_without_one_good_event_is_refused_with_every_reason(stack: Stack) -> None:
    """400, and nothing is in the log."""
    answer = stack.send("refused", event("", "refused-1"), event("lamp", sentAt="now"))
    assert answer.status == 400
    assert (answer.body["position"], answer.body["accepted"]) == (None, [])
    assert [rejected["field"] for rejected in answer.body["rejected"]] == ["eventList[0].itemId", "eventList[1].sentAt"]


@pytest.mark.parametrize(
    ("body", "field", "got"),
    [
        (None, "body", "null"),
        (b"{", "body", "'{'"),
        ([], "body", "[]"),
        ({"eventList": [event("lamp")]}, "userId", "null"),
        ({"userId": 7, "eventList": [event("lamp")]}, "userId", "7"),
        ({"userId": "x" * 257, "eventList": [event("lamp")]}, "userId", "'" + "x" * 40),
        ({"userId": "ann", "sessionId": "", "eventList": [event("lamp")]}, "sessionId", "''"),
        ({"userId": "ann"}, "eventList", "null"),
        ({"userId": "ann", "eventList": []}, "eventList", "'0 events'"),
        ({"userId": "ann", "eventList": [event("lamp")] * 21}, "eventList", "'21 events'"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_by_field(stack: Stack, body: Any, field: str, got: str) -> None:
    """The answer names the field, what was expected and what came."""
    answer = stack.http("POST", "/events", body)
    assert answer.status == 400
    named, expected, came = answer.refused
    assert named == field
    assert expected
    assert came.startswith(got)
    assert answer.body["error"]["message"] == f"{field}: expected {expected}, got {came}"
