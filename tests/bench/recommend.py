"""A request for recommendations with everything warm, without the network: CPU time from API Gateway's event to answer.

Each handler reads a user of a hundred events with boto3, scores the same co-visitation model, keeps the present session
out, logs the slate with boto3 and answers ten items. The idiomatic peer is Powertools' resolver with a boto3 resource,
a list of maps a user, and numpy over the whole catalogue; the strong peer is a plain function with clients, one JSON
text a user, numpy over the neighbours alone, and no telemetry. Millstream also checks availability, says why each item
is there, and from which position, model and policy.

The second table takes Millstream's handler apart. Its steps are measured one by one, so they do not add up exactly.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from functions.http.recommend import app
from millstream.adapters.memory import MemoryCatalogue
from millstream.entrypoints.http import respond
from millstream.entrypoints.telemetry import instrumented, telemetry
from millstream.wiring.functions import Reading
from tests.bench.recommend_handlers import Named, millstream, peers
from tests.bench.recommend_steps import Steps
from tests.bench.reporting import Report, Table
from tests.bench.shop import Shop, shop

ENVIRONMENT = {
    "POWERTOOLS_SERVICE_NAME": "recommend",
    "POWERTOOLS_METRICS_NAMESPACE": "Millstream",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


@dataclass(frozen=True)
class Size:
    """Catalogues, and how many users ask how often."""

    catalogues: tuple[int, ...] = (4_000, 100_000)
    users: int = 200
    calls: int = 1_000
    warm_up: int = 50


FULL = Size()
TINY = Size(catalogues=(100,), users=3, calls=6, warm_up=3)


@dataclass(frozen=True)
class Timed:
    """A handler, and the CPU seconds of each of its calls."""

    named: Named
    seconds: list[float] = field(default_factory=list)

    def call(self, event: dict[str, Any], context: Any) -> None:
        """Raises ValueError for an answer without a slate."""
        network = self.named.network
        unbilled, started = network.cpu_s, time.process_time()
        answer = self.named.handler(event, context)
        self.seconds.append(time.process_time() - started - (network.cpu_s - unbilled))
        if answer["statusCode"] != 200 or not json.loads(answer["body"])["itemList"]:
            raise ValueError(f"{self.named.name}: expected a slate, got {answer}")


def run(size: Size = FULL) -> Report:
    """Measure each catalogue."""
    tables: list[Table] = []
    # Metrics go to stdout, as Lambda wants them.
    with patch.dict(os.environ, ENVIRONMENT), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        telemetry.cache_clear()
        for items in size.catalogues:
            with tempfile.TemporaryDirectory() as folder:
                tables += _measured(shop(items, size.users, Path(folder)), size)
    telemetry.cache_clear()
    return Report("recommend", tuple(tables))


def _measured(made: Shop, size: Size) -> list[Table]:
    recommend, network = millstream(made)
    reading = Reading(recommend, MemoryCatalogue())
    steps = Steps(recommend, network)
    # As app.handler is made, but anew: its telemetry must not outlive the environment of `run`.
    handler = instrumented(lambda event, telemetry, budget: respond(event, app.ROUTES, telemetry, budget))
    handlers = [Timed(Named("Millstream", handler, network)), *map(Timed, peers(made))]
    with patch.object(app, "reading", lambda _: reading):
        for number, user in enumerate(islice(cycle(made.users), size.warm_up + size.calls)):
            for turn in range(len(handlers)):
                handlers[(number + turn) % len(handlers)].call(_event(user, number), _context(number))
            steps.take(_event(user, number), _context(number))
    title = f"CPU per request, {len(made.items):,} items, {size.calls:,} requests"
    return [
        _table(title, handlers, size.warm_up),
        steps.table(f"Millstream's steps, {len(made.items):,} items", size.warm_up),
    ]


def _table(title: str, handlers: list[Timed], warm_up: int) -> Table:
    ours = handlers[0].seconds[warm_up:]
    rows = []
    for handler in handlers:
        seconds = handler.seconds[warm_up:]
        p99 = quantiles(seconds, n=100)[98]
        ratio = median(theirs / mine for theirs, mine in zip(seconds, ours, strict=True))
        rows.append((handler.named.name, 1e6 * median(seconds), 1e6 * p99, p99 / median(seconds), ratio))
    return Table(title, ("", "CPU µs p50", "p99", "p99 ÷ p50", "÷ Millstream"), tuple(rows))


def _event(user: str, number: int) -> dict[str, Any]:
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    path = f"/recommendations/{user}"
    return {
        "resource": "/recommendations/{user}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"Accept": "application/json", "x-api-key": "none"},
        "multiValueHeaders": {"Accept": ["application/json"], "x-api-key": ["none"]},
        "queryStringParameters": {"n": "10"},
        "multiValueQueryStringParameters": {"n": ["10"]},
        "pathParameters": {"user": user},
        "stageVariables": None,
        "requestContext": {
            "requestId": f"request-{number}",
            "stage": "v1",
            "path": f"/v1{path}",
            "resourcePath": "/recommendations/{user}",
            "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _context(number: int) -> Any:
    """As much of Lambda's context as is read."""
    return SimpleNamespace(
        function_name="recommend",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:recommend",
        aws_request_id=f"request-{number}",
        get_remaining_time_in_millis=lambda: 29_000,
    )
