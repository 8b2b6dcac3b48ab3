"""Millstream's answer to a request, step by step, each with its CPU time."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from millstream.application.recommend.recommend import FEW_CANDIDATES, Recommend, places
from millstream.domain.keys import pseudonym
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.requests import parse_query
from millstream.domain.slates.slate import USUALLY_EXCLUDED, in_order
from millstream.domain.views import user_row
from millstream.domain.views.tastes import tail
from millstream.entrypoints.answers import slate_body
from millstream.entrypoints.http import Answer, Request, Routes, respond
from millstream.entrypoints.telemetry import Telemetry, instrumented
from tests.bench.network import Network
from tests.bench.reporting import Table


def _nothing(_: Request, telemetry: Telemetry) -> Answer:
    telemetry.count("SlatesServed")
    return Answer(200, {})


_ROUTES: Routes = {("GET", "/recommendations/{user}"): _nothing}


class Steps:
    """Takes the same way as `application.recommend` and the handler, with a clock between the steps."""

    def __init__(self, recommend: Recommend, network: Network) -> None:
        self._recommend = recommend
        self._network = network
        self._only_telemetry = instrumented(lambda event, telemetry, budget: respond(event, _ROUTES, telemetry, budget))
        self._seconds: defaultdict[str, list[float]] = defaultdict(list)

    def take(self, event: dict[str, Any], context: Any) -> None:
        """One request. Raises ValueError if the scorer has nothing to say: then nothing worth measuring happened."""
        recommend, served = self._recommend, self._recommend.served
        scorer, catalogue = served.scorer(), served.catalogue()
        if scorer is None:
            raise ValueError("expected a scorer, got none")
        with self._timed("telemetry"):
            self._only_telemetry(event, context)
        with self._timed("parse the request"):
            user = event["pathParameters"]["user"]
            wanted = parse_query(user, event["queryStringParameters"] or {})
        with self._timed("read the user's row: client"):
            row = served.features().read_user(pseudonym(user, recommend.pseudonym_secret))
        with self._timed("unpack, tail, session"):
            state = user_row.unpack(row.data)
            excluded = excluded_items(past_of(state), wanted.exclude_seen or USUALLY_EXCLUDED, recommend.clock.now_ms())
            latest = tail(state, scorer.tail_items)
        with self._timed("score"):
            candidates = scorer.recommend(latest, excluded, FEW_CANDIDATES)
        with self._timed("re-rank"):
            places(in_order([candidates]), wanted.n, catalogue, excluded, wanted.filter)
        slate = recommend(wanted, context.aws_request_id)
        if len(slate.items) < wanted.n:
            raise ValueError(f"expected {wanted.n} items, got {slate}")
        with self._timed("log the slate: encode and client"):
            recommend.log_slate(wanted, slate)
        with self._timed("answer"):
            json.dumps(slate_body(user, slate), ensure_ascii=False)

    def table(self, title: str, warm_up: int) -> Table:
        """The median of each step, and its share of their sum."""
        medians = {name: median(seconds[warm_up:]) for name, seconds in self._seconds.items()}
        whole = sum(medians.values())
        rows = [(name, 1e6 * seconds, f"{seconds / whole:.1%}") for name, seconds in medians.items()]
        return Table(title, ("", "CPU µs median", "share"), (*rows, ("sum", 1e6 * whole, "100%")))

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        unbilled, started = self._network.cpu_s, time.process_time()
        yield
        self._seconds[name].append(time.process_time() - started - (self._network.cpu_s - unbilled))
