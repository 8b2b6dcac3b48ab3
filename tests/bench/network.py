"""AWS without a network: what a client would send is answered in the process.

The answer takes the place of the HTTP exchange, after the client has checked, serialised and signed the request and
before it parses the response, so all of the client's own work is measured. What the stand-in itself costs is kept
apart, to be subtracted.
Source: https://docs.aws.amazon.com/boto3/latest/guide/events.html (`before-send`)
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from millstream.adapters.aws.clients import Patience

REGION = "eu-central-1"
Answers = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""Operation → the response to a request, both as the wire has them in JSON."""


class _Body:
    """As much of an HTTP response's body as botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """All of it."""
        yield self._content


@dataclass
class Network:
    """Answers each request from `answers`, and counts."""

    answers: Answers
    calls: int = 0
    cpu_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str) -> Any:
        """A client made as the functions make theirs."""
        return self._joined(boto3.client(service, config=Patience.ADAPTER.value, **_ACCOUNT))  # type: ignore[call-overload]  # by name

    def resource(self, service: str) -> Any:
        """A resource with boto3's own defaults."""
        made = boto3.resource(service, config=Config(), **_ACCOUNT)  # type: ignore[call-overload]  # by name
        self._joined(made.meta.client)
        return made

    def unbilled(self) -> float:
        """CPU seconds that the stand-in took so far."""
        return self.cpu_s

    def _joined(self, client: Any) -> Any:
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        started = time.thread_time()
        target, asked = request.headers["X-Amz-Target"], request.body
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        if not isinstance(asked, str | bytes):
            raise TypeError(f"{operation}: expected a JSON body, got {asked!r}")
        content = json.dumps(self.answers[operation](json.loads(asked))).encode()
        headers = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})
        response = AWSResponse(request.url, 200, headers, _Body(content))
        with self._lock:
            self.calls += 1
            self.cpu_s += time.thread_time() - started
        return response


_ACCOUNT = {"region_name": REGION, "aws_access_key_id": "none", "aws_secret_access_key": "none"}
