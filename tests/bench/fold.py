"""Decode and fold: from the Lambda event of a 1,000-event batch to the folded states in memory.

Everybody starts from base64 strings in a dict and from the states after the same earlier events, recognises a repeated
event id, keeps each user's latest events and a decayed weight per item. The idiomatic peer is Powertools'
BatchProcessor with a pydantic model per event; the strong one is a loop over `json.loads` (or orjson), without any
validation. The peers' producers put one JSON object into a record; Millstream's puts what one call brought.
Millstream also keeps its position in the log and prunes the items: the peers do less.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from millstream.application.project.project_events import fold_batch
from millstream.domain.keys import Pseudonym
from millstream.domain.log.records import decode_cores
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.trend import Trend
from millstream.domain.views.user_state import UserState
from millstream.entrypoints.stream import log_records
from tests.bench.comparing import Compared
from tests.bench.kinesis import as_json, lambda_event, packed
from tests.bench.measuring import Contender, Work, measured
from tests.bench.peers.plain_fold import Loads, fold_plainly
from tests.bench.peers.powertools_fold import BatchHandler, Behaviour
from tests.bench.peers.views import Views
from tests.bench.reporting import Report
from tests.bench.trace import USUAL_VISITORS, Cut, Step, Visitors, calls, cut, full_calls, steps

PROMISED_RATIO = 6.0


@dataclass(frozen=True)
class Size:
    """How much is folded before the batch, in the batch, and how often."""

    before: int = 20_000
    batch: int = 1_000
    rounds: int = 25
    visitors: Visitors = USUAL_VISITORS


FULL = Size()
TINY = Size(before=200, batch=50, rounds=2, visitors=Visitors(at_once=20, users=50, items=40))


def run(size: Size = FULL) -> Report:
    """Measure all of them, in one process."""
    one = cut(calls(steps(size.visitors), 1), size.before, size.batch)
    ten = cut(calls(steps(size.visitors), 10), size.before, size.batch)
    twenty = cut(full_calls(steps(size.visitors), 20), size.before, size.batch)
    cuts = [one, one, one, one, ten, twenty]
    timings = measured(
        [
            _with_powertools(one),
            _plainly("loop, json", one, json.loads),
            _plainly("loop, orjson (strong peer)", one, orjson.loads),
            millstream("Millstream, one event a record", one),
            millstream("Millstream, calls of up to 10 events", ten),
            millstream("Millstream, calls of 20 events", twenty),
        ],
        size.rounds,
    )
    compared = Compared(timings, cuts, idiomatic=0, strong=2)
    title = f"CPU per event, decode and fold of {size.batch:,} events"
    return Report("fold", (compared.table(title),), compared.gates(3, PROMISED_RATIO, "Powertools with pydantic"))


def millstream(name: str, used: Cut) -> Contender:
    """Millstream's own code, from the entrypoint to the fold."""
    users, folded = states(used.before)
    rows = {user: user_row.pack(state) for user, state in users.items()}
    trend_bytes = trend_row.pack(folded)
    event = lambda_event(map(packed, used.batch), first=len(used.before))

    def prepare() -> Work:
        present = {user: user_row.unpack(row) for user, row in rows.items()}
        trend = trend_row.unpack(trend_bytes)

        def work() -> None:
            decoded = [(record.position, decode_cores(record.data)) for record in log_records(event)]
            fold_batch(decoded, present, trend)

        return work

    return Contender(name, prepare)


def states(before: Iterable[list[Step]]) -> tuple[dict[Pseudonym, UserState], Trend]:
    """Millstream's views after these calls."""
    users: dict[Pseudonym, UserState] = {}
    trend = Trend()
    records = log_records(lambda_event(map(packed, before)))
    fold_batch([(record.position, decode_cores(record.data)) for record in records], users, trend)
    return users, trend


def _with_powertools(used: Cut) -> Contender:
    def work(event: dict[str, Any], views: Views) -> None:
        def fold(seen: Behaviour) -> None:
            views.fold(seen.user_id, seen.event_id, seen.kind, seen.item_id, seen.occurred_at_ms)

        BatchHandler(fold)(event)

    return _peer("Powertools + pydantic (idiomatic peer)", used, work)


def _plainly(name: str, used: Cut, loads: Loads) -> Contender:
    return _peer(name, used, lambda event, views: fold_plainly(event, views, loads))


def _peer(name: str, used: Cut, work: Callable[[dict[str, Any], Views], None]) -> Contender:
    before = lambda_event(as_json(step) for call in used.before for step in call)
    event = lambda_event((as_json(step) for call in used.batch for step in call), first=len(before["Records"]))

    def prepare() -> Work:
        views = Views()
        fold_plainly(before, views, orjson.loads)
        return lambda: work(event, views)

    return Contender(name, prepare)
