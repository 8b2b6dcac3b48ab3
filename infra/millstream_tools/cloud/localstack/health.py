"""Whether a LocalStack answers at an endpoint."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from millstream_tools.explained import ExplainedError

PATH = "/_localstack/health"


class NoLocalStackError(ExplainedError):
    """No LocalStack responds at the endpoint; the message says how to start one."""


def expect_localstack(endpoint_url: str, patience: float = 10.0) -> str:
    """The version of the LocalStack there. Raises NoLocalStackError."""
    # No proxies: an address on this machine must not be looked for outside.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(endpoint_url + PATH, timeout=patience) as answer:
            return str(json.load(answer)["version"])
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as error:
        raise NoLocalStackError(
            f"endpoint: expected a LocalStack at {endpoint_url}, got {error}; "
            "start one with `docker compose -f infra/millstream_tools/cloud/localstack/compose.yaml up -d --wait`"
        ) from error
