"""HTTP requests from API Gateway: routing, and the mapping of errors to status codes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from millstream.application.ports import Budget
from millstream.domain.errors import (
    ConflictError,
    InvalidInputError,
    InvalidRecordError,
    MillstreamError,
    NotFoundError,
    UnavailableError,
)
from millstream.domain.fields import names_once
from millstream.entrypoints.telemetry import Telemetry


@dataclass(frozen=True)
class Request:
    """A request, and its time budget."""

    request_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: str | None
    is_base64: bool
    budget: Budget

    def json(self) -> object:
        """The body: JSON in UTF-8, each name of an object once (RFC 8259). Raises InvalidInputError."""
        try:
            text = base64.b64decode(self.raw_body or "").decode("utf-8") if self.is_base64 else self.raw_body or ""
            return json.loads(_whole(text), object_pairs_hook=names_once, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:  # the latter: nested too deeply
            raise InvalidInputError("body", f"JSON in UTF-8 ({error})", self.raw_body) from error


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    body: Mapping[str, Any]


Route = Callable[[Request, Telemetry], Answer]
Routes = Mapping[tuple[str, str], Route]
"""(method, path as in template.yaml and openapi.yaml) → route."""

_STATUS: tuple[tuple[type[MillstreamError], int], ...] = (
    (InvalidRecordError, 500),  # our own stored bytes are unreadable: the caller cannot fix that
    (InvalidInputError, 400),
    (NotFoundError, 404),
    (ConflictError, 409),
    (UnavailableError, 503),
)


def respond(event: Mapping[str, Any], routes: Routes, telemetry: Telemetry, budget: Budget) -> dict[str, Any]:
    """Call the route of an API Gateway proxy event. Unexpected errors propagate to Lambda and give a 502."""
    try:
        answer = _route(event, routes)(_request(event, budget), telemetry)
    except MillstreamError as error:
        answer = Answer(_status(error), {"error": described(error)})
        if answer.status >= 500:
            telemetry.failed(error)
            telemetry.count("Answered5XX")
    telemetry.count(f"Answered{answer.status}")
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": "application/json", **_cors()},
        "body": json.dumps(answer.body, ensure_ascii=False),
    }


def _cors() -> dict[str, str]:
    """The header that lets pages of the origin CORS_ORIGIN read the response; none if it is not set."""
    origin = os.environ.get("CORS_ORIGIN")
    return {"Access-Control-Allow-Origin": origin} if origin else {}


def described(error: MillstreamError) -> dict[str, str]:
    """An error as a response body."""
    message = {"message": str(error)}
    if isinstance(error, InvalidInputError):
        return {"field": error.field, "expected": error.expected, "got": error.got, **message}
    return message


def _whole(text: str) -> str:
    """The text, if no bytes of it were replaced: that is what a gateway does with bytes that are no UTF-8."""
    if "\ufffd" in text:
        raise ValueError("some bytes are none")
    return text


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no number")


def _route(event: Mapping[str, Any], routes: Routes) -> Route:
    route = routes.get((event["httpMethod"], event["resource"]))
    if route is None:
        raise NotFoundError(f"{event['httpMethod']} {event['resource']} has no route")
    return route


def _request(event: Mapping[str, Any], budget: Budget) -> Request:
    return Request(
        request_id=event["requestContext"]["requestId"],
        path={name: _unquoted(name, value) for name, value in (event.get("pathParameters") or {}).items()},
        query=_query(event),
        raw_body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded")),
        budget=budget,
    )


def _query(event: Mapping[str, Any]) -> Mapping[str, str]:
    """The query. Of a repeated parameter it would have the last value only. Raises InvalidInputError."""
    for name, values in (event.get("multiValueQueryStringParameters") or {}).items():
        if len(values) > 1:
            raise InvalidInputError(name, "one value of this parameter", values)
    return event.get("queryStringParameters") or {}


def _unquoted(name: str, value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidInputError(name, "percent-encoded UTF-8", value) from error


def _status(error: MillstreamError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
