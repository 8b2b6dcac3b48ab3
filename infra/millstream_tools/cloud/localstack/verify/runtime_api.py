"""Lambda's runtime API for one function: it fetches its invocations here and brings the answers back.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Result = tuple[bytes | None, bool]
"""The function's response, or None after a timeout; whether it is an error."""


class RuntimeApi:
    """Listens on the loopback interface until it is closed. `imported` is done when the function asks for work."""

    def __init__(self) -> None:
        self.imported: Future[None] = Future()
        self.invocations: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        self.results: dict[str, Future[Result]] = {}
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, payload: Mapping[str, str], timeout: float) -> Result:
        """Hand one invocation of LocalStack's to the function and wait for its answer."""
        request = payload["invoke-id"]
        answer = self.results[request] = Future()
        deadline = {"deadline-ms": str(int((time.time() + timeout) * 1000))}
        self.invocations.put({**payload, **deadline})
        try:
            return answer.result(timeout)
        except TimeoutError:
            return None, True
        finally:
            del self.results[request]

    def give_up(self, reason: str) -> None:
        """Whoever waits for the function waits in vain."""
        if not self.imported.done():
            self.imported.set_exception(RuntimeError(reason))
        for answer in list(self.results.values()):
            if not answer.done():
                answer.set_result((b'{"errorType": "Runtime.ExitError", "errorMessage": "the process ended"}', True))

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The function asks for its next invocation, and waits for it."""
        if not self.api.imported.done():
            self.api.imported.set_result(None)
        invocation = self.api.invocations.get()
        body = invocation["payload"].encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", invocation["invoke-id"])
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", invocation["invoked-function-arn"])
        self.send_header("Lambda-Runtime-Trace-Id", invocation["trace-id"])
        self.send_header("Lambda-Runtime-Deadline-Ms", invocation["deadline-ms"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """The function brings an answer or an error, of an invocation or of its own import."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        request, kind = self.path.split("/")[-2:]
        if request == "init":
            self.api.give_up(body.decode(errors="replace"))
        elif (answer := self.api.results.get(request)) is not None and not answer.done():
            answer.set_result((body, kind == "error"))

    def log_message(self, *_: object) -> None:
        """Nothing: every invocation would be two lines."""
