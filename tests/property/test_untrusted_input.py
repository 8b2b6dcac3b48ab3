"""Whatever a client sends, it is taken or refused in our words, and the answer can be sent."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from millstream.adapters.memory import FixedClock, MemoryCatalogue, MemoryEventLog
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.collect.publish_items import PublishItems
from millstream.application.ports import UNHURRIED
from millstream.domain.catalogue.filter_text import parse_filter
from millstream.domain.catalogue.publications import parse_publication
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.records import decode
from millstream.domain.log.submissions import parse_submission
from millstream.domain.slates.requests import FIELDS, parse_query, parse_request
from millstream.entrypoints.answers import receipt_body
from millstream.entrypoints.http import Answer, Request, respond
from tests.builders import NOW_MS, SECRET, item
from tests.strategies import any_text, json_values, objects_with

bodies = objects_with("userId", "sessionId", "eventList", "items", "itemId", "name") | json_values
entries = objects_with(
    "eventType", "itemId", "eventId", "eventValue", "sentAt", "recommendationId", "impression", "quantity"
)
items = objects_with("itemId", "name", "category", "price", "description", "available", "attributes")
silent: Any = SimpleNamespace(count=lambda *_: None, failed=lambda *_: None)


def _raises_only_invalid_input(call: Callable[[], object]) -> None:
    with contextlib.suppress(InvalidInputError):
        call()


@given(bodies)
def test_any_json_as_a_submission(body: object) -> None:
    """parse_submission takes it or raises InvalidInputError."""
    _raises_only_invalid_input(lambda: parse_submission(body, NOW_MS))


@given(st.lists(entries | json_values, max_size=22))
def test_any_json_as_an_event(event_list: list[object]) -> None:
    """Each entry of a well-formed call is accepted or rejected, none is forgotten."""
    body = {"userId": "ann", "eventList": event_list}
    _raises_only_invalid_input(lambda: parse_submission(body, NOW_MS))
    if 1 <= len(event_list) <= 20:
        submission = parse_submission(body, NOW_MS)
        assert len(submission.accepted) + len(submission.rejected) == len(event_list)


@given(bodies | st.builds(lambda entry: {"items": [entry]}, items))
def test_any_json_as_a_publication(body: object) -> None:
    """parse_publication takes it or raises InvalidInputError."""
    _raises_only_invalid_input(lambda: parse_publication(body))


@given(any_text, st.dictionaries(st.sampled_from(["n", "exclude_seen", "filter", "min_position"]) | any_text, any_text))
def test_any_text_as_a_request(user: str, query: dict[str, str]) -> None:
    """parse_query takes it or raises InvalidInputError."""
    _raises_only_invalid_input(lambda: parse_query(user, query))


@given(objects_with(*FIELDS) | json_values)
def test_any_json_as_a_request(body: object) -> None:
    """parse_request takes it or raises InvalidInputError."""
    _raises_only_invalid_input(lambda: parse_request(body, NOW_MS))


@given(
    st.from_regex(r"\s*\w+\s*(=|!=|<|<=|>|>=)[^,]+", fullmatch=True) | any_text,
    st.floats(allow_nan=False) | st.booleans() | st.text(max_size=5),
)
def test_any_filter_decides_about_any_item(text: str, value: Any) -> None:
    """A filter that was read can be asked, whatever type the item's attribute has."""
    one = item("lamp", price=9.5, attributes={"size": value})
    for condition in _parsed(text):
        assert condition.holds(one) in (True, False)


def _parsed(text: str) -> Any:
    try:
        return parse_filter(text)
    except InvalidInputError:
        return ()


@given(st.builds(lambda found: {"items": found}, st.lists(items, min_size=1, max_size=3)))
def test_what_was_published_lies_in_the_log(body: object) -> None:
    """Accepted items encode, and nothing is in the log of a call that was refused."""
    log, catalogue = MemoryEventLog(), MemoryCatalogue()
    try:
        published = PublishItems(log, catalogue, FixedClock(NOW_MS))(body)
    except InvalidInputError:
        assert not log.records
        assert not catalogue.changes
        return
    (stored,) = log.records
    assert tuple(event.item_id for event in decode(stored.data).events) == published.item_ids


def _accept(request: Request, _: object) -> Answer:
    receipt = AcceptEvents(MemoryEventLog(), FixedClock(NOW_MS), SECRET)(request.json())
    return Answer(200, receipt_body(receipt))


def _publish(request: Request, _: object) -> Answer:
    published = PublishItems(MemoryEventLog(), MemoryCatalogue(), FixedClock(NOW_MS))(request.json())
    return Answer(200, {"published": list(published.item_ids)})


@given(
    st.builds(json.dumps, bodies)
    | st.builds(lambda found: json.dumps({"userId": "ann", "eventList": found}), st.lists(entries, max_size=4))
    | st.builds(lambda found: json.dumps({"items": found}), st.lists(items, max_size=3))
    | st.text()
    | st.none(),
    st.booleans(),
)
@example('{"userId": "ann", "eventList": [{"eventId": "\\ud800"}]}', False)
@example("[" * 100_000, False)
@example("9" * 5_000, False)
def test_every_body_is_answered_with_something_that_can_be_sent(body: str | None, is_base64: bool) -> None:
    """200 or 400, in JSON that UTF-8 can spell: no body makes the function fail."""
    for route in (_accept, _publish):
        answer = respond(_event(body, is_base64), {("POST", "/"): route}, silent, UNHURRIED)
        assert answer["statusCode"] in (200, 400)
        assert json.loads(answer["body"].encode())


def _event(body: str | None, is_base64: bool) -> dict[str, Any]:
    return {
        "httpMethod": "POST",
        "resource": "/",
        "requestContext": {"requestId": "r1"},
        "body": body,
        "isBase64Encoded": is_base64,
    }
