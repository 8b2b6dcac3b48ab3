"""Raw HTTP to the deployed API: what a client sees, with no client of ours in between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import urllib3


@dataclass(frozen=True)
class Answer:
    """One answer of the API; `body` is its JSON."""

    status: int
    content_type: str
    body: dict[str, Any]

    @property
    def refused(self) -> tuple[str, str, str]:
        """Field, expected and got of an error that names a field."""
        error = self.body["error"]
        return error["field"], error["expected"], error["got"]


@dataclass(frozen=True)
class Wire:
    """Calls one API; `key` is sent with each call that does not bring another."""

    url: str
    key: str
    _pool: urllib3.PoolManager

    def __call__(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Answer:
        """One call; a body that is bytes goes out as it is, an empty key is left out."""
        chosen = self.key if key is None else key
        headers = {"Content-Type": "application/json"} | ({"x-api-key": chosen} if chosen else {})
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = self._pool.request(method, self.url + path, body=data, headers=headers)
        return Answer(answer.status, answer.headers["Content-Type"], json.loads(answer.data))


def open_wire(url: str, key: str) -> Wire:
    """A wire that waits for an answer longer than any function may take, and never calls twice."""
    return Wire(url, key, urllib3.PoolManager(maxsize=4, retries=False, timeout=urllib3.Timeout(30)))


def segment(text: str) -> str:
    """An id as one segment of a path."""
    return quote(text, safe="")
