"""An endpoint at which no LocalStack answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typer.testing import CliRunner

from millstream_tools.cli.commands import app


class Stranger(BaseHTTPRequestHandler):
    """A server, but not LocalStack."""

    def do_GET(self) -> None:
        """Greet."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")


@pytest.fixture
def stranger() -> Iterator[str]:
    """The URL of a server that is no LocalStack."""
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_nobody_there_is_told_in_one_line_with_what_to_do() -> None:
    """Port 1 is nobody's."""
    result = CliRunner().invoke(app, ["deploy", "--endpoint", "http://127.0.0.1:1"])
    assert result.exit_code == 1
    assert result.stderr.startswith("millstream: endpoint: expected a LocalStack at http://127.0.0.1:1, got ")
    assert result.stderr.endswith(
        "docker compose -f infra/millstream_tools/cloud/localstack/compose.yaml up -d --wait`\n"
    )


def test_somebody_else_is_not_taken_for_localstack(stranger: str) -> None:
    """Nothing is deployed to a server that does not answer as LocalStack does."""
    result = CliRunner().invoke(app, ["deploy", "--endpoint", f"{stranger}/"])
    assert result.exit_code == 1
    assert f"expected a LocalStack at {stranger}, got " in result.stderr
