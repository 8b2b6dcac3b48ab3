"""A client of Millstream's HTTP API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from millstream_tools.explained import ExplainedError

_TRY_AGAIN = urllib3.Retry(
    3,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET", "PUT", "PATCH", "POST"),
    raise_on_status=False,
)
# POST /events is retried only if it was not sent: it is idempotent too, but its caller needs the result of each call.
_ONLY_UNSENT = _TRY_AGAIN.new(allowed_methods=("GET", "PUT", "PATCH"))


class ApiError(ExplainedError):
    """The API rejected a call, or could not be reached; `status` is 0 without a response."""

    def __init__(self, status: int, message: str, body: Mapping[str, Any] | None = None) -> None:
        self.status = status
        self.body = body or {}
        super().__init__(f"HTTP {status}: {message}" if status else message)


class MillstreamApi:
    """A client of one deployed API. Thread-safe; threads share its connections."""

    def __init__(self, url: str, key: str, connections: int = 16) -> None:
        self._url = url.rstrip("/")
        self._headers = {"x-api-key": key, "Content-Type": "application/json"}
        self._pool = urllib3.PoolManager(maxsize=connections, timeout=urllib3.Timeout(60))

    def send_events(
        self,
        user_id: str,
        session_id: str | None,
        events: Sequence[Mapping[str, Any]],
        attributes: Mapping[str, str | None] | None = None,
    ) -> dict[str, Any]:
        """Send one user's events, at most 20, with what is known of the user. Raises ApiError."""
        more = {"sessionId": session_id, "attributes": attributes}
        body = {"userId": user_id, "eventList": list(events)} | {name: one for name, one in more.items() if one}
        return self._call("POST", "/events", body, _ONLY_UNSENT)

    def recommendations(self, user_id: str | None = None, **asked: object) -> dict[str, Any]:
        """A slate; `asked` has the fields of POST /recommendations, None for absent ones. Raises ApiError."""
        body = {"userId": user_id, **asked}
        return self._call("POST", "/recommendations", {name: it for name, it in body.items() if it is not None})

    def put_items(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Publish items, at most 100. Raises ApiError."""
        return self._call("PUT", "/items", {"items": list(items)})

    def change_item(self, item_id: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Change some fields of an item. Raises ApiError."""
        return self._call("PATCH", _path("items", item_id), patch)

    def delete_item(self, item_id: str) -> dict[str, Any]:
        """Delete an item. Raises ApiError."""
        return self._call("DELETE", _path("items", item_id))

    def item(self, item_id: str) -> dict[str, Any]:
        """An item as it is published. Raises ApiError."""
        return self._call("GET", _path("items", item_id))

    def items(self, n: int, after: str | None = None) -> dict[str, Any]:
        """A page of the catalogue. Raises ApiError."""
        query = {"n": str(n)} | ({} if after is None else {"after": after})
        return self._call("GET", f"/items?{urlencode(query, quote_via=quote)}")

    def similar(self, item_id: str, n: int) -> dict[str, Any]:
        """The items that most often follow an item. Raises ApiError."""
        return self._call("GET", f"{_path('items', item_id)}/similar?n={n}")

    def health(self) -> dict[str, Any]:
        """The health of the API, and the serving model. Raises ApiError."""
        return self._call("GET", "/health")

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, retries: urllib3.Retry = _TRY_AGAIN
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body)
        try:
            answer = self._pool.request(method, self._url + path, body=data, headers=self._headers, retries=retries)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, f"no response from {self._url}: {error}") from error
        content = _json(answer.data)
        if answer.status >= 400:
            raise ApiError(answer.status, _message(content), content)
        return content


def _path(*parts: str) -> str:
    return "".join("/" + quote(part, safe="") for part in parts)


def _json(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except ValueError:
        return {"message": data.decode(errors="replace")}
    return content if isinstance(content, dict) else {"message": str(content)}


def _message(content: Mapping[str, Any]) -> str:
    error = content.get("error")
    if isinstance(error, dict):
        return str(error.get("message", error))
    rejected = content.get("rejected") or ()
    reasons = "; ".join(f"{one['field']}: expected {one['expected']}, got {one['got']}" for one in rejected)
    return reasons or str(content.get("message", content))
