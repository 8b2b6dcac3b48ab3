"""POST /events as API Gateway delivers it."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.http.accept_events import app
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.memory import FixedClock, MemoryDeadLetters, MemoryEventLog, MemoryFeatureStore
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.ports import EventLog
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.errors import UnavailableError
from millstream.domain.log.records import decode
from millstream.domain.views import user_row
from millstream.entrypoints.lambda_budget import MARGIN_S
from tests.builders import NOW_MS, SECRET, SHARD, OneView
from tests.faults import Fate
from tests.faulty_kinesis import FaultyKinesis
from tests.hourglass import Hourglass
from tests.unit.functions.lambda_events import CONTEXT, answered, api_event


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> MemoryEventLog:
    """The log behind the handler."""
    log = MemoryEventLog()
    accept = AcceptEvents(log, FixedClock(NOW_MS), SECRET)
    monkeypatch.setattr(app, "accept_events", lambda: accept)
    return log


def post(**changed: Any) -> tuple[int, Any]:
    """What the handler answers."""
    return answered(app.handler(api_event("post_events", **changed), CONTEXT))


def post_with(log: EventLog, left_s: float) -> tuple[int, Any]:
    """What the handler answers over another log, when Lambda leaves it so much time besides the margin."""
    context = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: (MARGIN_S + left_s) * 1000})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "accept_events", lambda: AcceptEvents(log, FixedClock(NOW_MS), SECRET))
        return answered(app.handler(api_event("post_events"), context))


def test_events_are_accepted_and_lie_in_the_log(log: MemoryEventLog) -> None:
    """The answer is the position and the ids."""
    status, body = post()
    assert status == 200
    assert body == {"position": f"{SHARD}:1", "accepted": ["6f1c", "6f1d", "6f1e", "6f1f", "6f20"], "rejected": []}
    assert [event.event_id for event in decode(log.records[0].data).events] == body["accepted"]


def test_a_base64_body_is_read_like_any_other(log: MemoryEventLog) -> None:
    """API Gateway encodes what it takes for binary."""
    body = base64.b64encode(api_event("post_events")["body"].encode()).decode()
    assert post(body=body, isBase64Encoded=True)[0] == 200
    assert len(log.records) == 1


def test_an_event_id_of_an_earlier_call_is_refused_for_another_event(log: MemoryEventLog) -> None:
    """400 if nothing else is in the call; the same call again is accepted."""
    call = json.loads(api_event("post_events")["body"])
    other = call | {"eventList": [call["eventList"][0] | {"itemId": "another"}]}
    assert [post(body=json.dumps(one))[0] for one in (call, call, other)] == [200, 200, 400]
    _, answer = post(body=json.dumps(other))
    assert answer == {
        "position": None,
        "accepted": [],
        "rejected": [
            {
                "index": 0,
                "eventId": "6f1c",
                "field": "eventList[0].eventId",
                "expected": "another id for another event",
                "got": "'6f1c'",
            }
        ],
    }
    assert len(log.records) == 2


@pytest.mark.parametrize("body", ["", None, "{", "\ufeff{}", "[" * 100_000, "9" * 5_000])
def test_a_body_that_is_no_json_is_refused(log: MemoryEventLog, body: str | None) -> None:
    """400, naming the body."""
    status, answer = post(body=body)
    assert (status, answer["error"]["field"]) == (400, "body")
    assert "JSON" in answer["error"]["expected"]
    assert not log.records


def test_a_body_that_is_no_base64_is_refused(log: MemoryEventLog) -> None:
    """Although API Gateway says that it is."""
    status, answer = post(body="ä", isBase64Encoded=True)
    assert (status, answer["error"]["field"]) == (400, "body")
    assert not log.records


def test_a_call_that_makes_no_sense_is_refused(log: MemoryEventLog) -> None:
    """400 with field, expected, got, and one sentence of all three."""
    status, answer = post(body='{"eventList": []}')
    assert status == 400
    assert answer["error"] == {
        "field": "userId",
        "expected": "a string of 1 to 256 characters",
        "got": "null",
        "message": "userId: expected a string of 1 to 256 characters, got null",
    }
    assert not log.records


def test_a_call_of_which_nothing_is_acceptable_is_refused_event_by_event(log: MemoryEventLog) -> None:
    """400 with a reason for each; no position, because there is no record."""
    status, answer = post(body=json.dumps({"userId": "ann", "eventList": [{"eventId": "e1", "itemId": "lamp"}]}))
    assert status == 400
    assert (answer["position"], answer["accepted"]) == (None, [])
    (rejection,) = answer["rejected"]
    assert (rejection["index"], rejection["eventId"]) == (0, "e1")
    assert rejection["field"] == "eventList[0].eventType"
    assert not log.records


def test_another_route_is_not_answered_here(log: MemoryEventLog) -> None:
    """404, in words."""
    status, answer = post(httpMethod="DELETE")
    assert (status, answer["error"]["message"]) == (404, "DELETE /events has no route")
    assert not log.records


def test_events_that_could_not_be_stored_are_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    """503: the client sends them again."""

    def unavailable(*_: object) -> None:
        raise UnavailableError("append to stream events: no capacity")

    monkeypatch.setattr(app, "accept_events", lambda: unavailable)
    status, answer = post()
    assert (status, answer) == (503, {"error": {"message": "append to stream events: no capacity"}})


def test_the_log_is_tried_again_while_lambda_leaves_time() -> None:
    """And not one call is begun that Lambda could cut off before its answer is heard."""
    held = MemoryEventLog()
    log = KinesisEventLog(FaultyKinesis(held, [Fate.THROTTLED, Fate.FAILED]), "events", Hourglass(60).attempts)
    status, answer = post_with(log, left_s=0)
    assert status == 503
    assert answer["error"]["message"].endswith("append to stream events: no time left to try")
    assert not held.records
    assert post_with(log, left_s=5)[0] == 200
    assert len(held.records) == 1


def test_events_whose_acknowledgement_was_lost_are_sent_again_and_count_once() -> None:
    """They lie in the log twice; the views know them by their ids."""
    held = MemoryEventLog()
    log = KinesisEventLog(FaultyKinesis(held, [Fate.LOST]), "events", Hourglass(60).attempts)
    status, answer = post_with(log, left_s=0.001)
    assert status == 503
    assert "send them again with the same ids" in answer["error"]["message"]
    status, answer = post_with(log, left_s=5)
    assert (status, answer["position"]) == (200, f"{SHARD}:2")
    store = MemoryFeatureStore()
    ProjectEvents(OneView(store), MemoryDeadLetters())(SHARD, held.records)
    (state,) = (user_row.unpack(row.data) for row in store.users.values())
    assert (state.applied, state.duplicates) == (5, 5)
