"""The HTTP edge: the error map is here and only here."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from millstream.application.ports import UNHURRIED
from millstream.domain.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    InvalidRecordError,
    KeyCollisionError,
    MillstreamError,
    NotFoundError,
    UnavailableError,
    UnknownFormatError,
)
from millstream.entrypoints.http import Answer, Request, respond


class Told:
    """Telemetry that remembers."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    def count(self, metric: str, amount: float = 1) -> None:
        """See Telemetry."""

    def failed(self, error: Exception) -> None:
        """See Telemetry."""
        self.failures.append(error)


def call(route: Any, **changed: Any) -> tuple[dict[str, Any], Told]:
    """What is answered, and what was told."""
    told: Any = Told()
    event = {"httpMethod": "GET", "resource": "/x/{id}", "requestContext": {"requestId": "r1"}, **changed}
    return respond(event, {("GET", "/x/{id}"): route}, told, UNHURRIED), told


def test_a_named_origin_may_read_the_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals too; without a name, nobody's pages may."""
    assert "Access-Control-Allow-Origin" not in call(lambda *_: Answer(200, {}))[0]["headers"]
    monkeypatch.setenv("CORS_ORIGIN", "https://shop.example")
    for route in (lambda *_: Answer(200, {}), lambda request, _: request.json()):
        assert call(route)[0]["headers"]["Access-Control-Allow-Origin"] == "https://shop.example"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 1}}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\xff"}',
        '{"a": "\ufffd"}'.encode(),
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_not_json_in_utf_8_is_refused(body: bytes) -> None:
    """As are names that occur twice, of which one would be dropped."""
    answer, _ = call(
        lambda request, _: Answer(200, {"body": request.json()}),
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["field"]) == (400, "body")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInputError("f", "e", "g"), 400),
        (NotFoundError("no"), 404),
        (ConflictError("no"), 409),
        (KeyCollisionError("a", "b"), 409),
        (InvalidRecordError("user row", "e", "g"), 500),
        (UnknownFormatError("card.json: format", "1 to 2", 3), 500),
        (MillstreamError("no"), 500),
        (ConfigurationError("no"), 500),
        (UnavailableError("no"), 503),
    ],
)
def test_each_error_has_its_status(error: MillstreamError, status: int) -> None:
    """What is our fault is also told to ourselves."""

    def route(*_: object) -> Answer:
        raise error

    answer, told = call(route)
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["error"]["message"] == str(error)
    assert told.failures == ([error] if status >= 500 else [])


def test_an_error_that_nobody_foresaw_is_left_to_lambda() -> None:
    """A 502 with a trace in the log, not a 500 without one."""

    def route(*_: object) -> Answer:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(route)


def test_a_route_sees_the_request_decoded() -> None:
    """Path parameters unquoted; what is absent is empty."""
    seen: list[Request] = []

    def route(request: Request, _: object) -> Answer:
        seen.append(request)
        return Answer(200, {"name": "Lämpchen"})

    answer, _ = call(route, pathParameters={"id": "l%C3%A4mp%2F1"}, queryStringParameters=None)
    call(route, pathParameters=None, queryStringParameters={"n": "1"})
    assert seen[0] == Request("r1", {"id": "lämp/1"}, {}, None, False, UNHURRIED)
    assert (seen[1].path, seen[1].query) == ({}, {"n": "1"})
    assert json.loads(answer["body"]) == {"name": "Lämpchen"}


def test_a_method_that_no_route_has_is_not_found() -> None:
    """The path alone is not enough."""
    answer, _ = call(SimpleNamespace(), httpMethod="DELETE")
    assert answer["statusCode"] == 404
