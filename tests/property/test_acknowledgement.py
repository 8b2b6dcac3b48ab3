"""Nothing is acknowledged that is not stored, whatever fails; and what is sent again counts once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from functions.http.accept_events import app as accepting
from functions.http.publish_items import app as publishing
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.memory import (
    FixedClock,
    MemoryCatalogue,
    MemoryDeadLetters,
    MemoryEventLog,
    MemoryFeatureStore,
)
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.collect.publish_items import PublishItems
from millstream.application.ports import UNHURRIED, Budget
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import UnavailableError
from millstream.domain.log.records import decode
from millstream.domain.views import user_row
from millstream.entrypoints.http import respond
from tests.builders import NOW_MS, SECRET, SHARD, OneView, entry, subject, submission
from tests.faults import Fate
from tests.faulty_kinesis import FaultyKinesis
from tests.hourglass import Hourglass

silent: Any = SimpleNamespace(count=lambda *_: None, failed=lambda *_: None)
fates = st.lists(st.sampled_from(Fate), max_size=20)
budgets = st.sampled_from([0.0, 0.01, 0.2, 5.0])
"""No time at all, time for one attempt, for a few, for many."""

MOST_CALLS = 3
calls = st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.integers(1, 4), st.integers(1, MOST_CALLS)), max_size=6)
"""Who sends how many new events, and how often at most; so few that a user's dedupe ring remembers them all."""


def answer(routes: Any, method: str, body: object, glass: Hourglass) -> tuple[int, Any]:
    """What a client is told."""
    event = {
        "httpMethod": method,
        "resource": "/events" if method == "POST" else "/items",
        "requestContext": {"requestId": "r1"},
        "body": json.dumps(body),
    }
    told = respond(event, routes, silent, glass)
    return told["statusCode"], json.loads(told["body"])


@given(calls, fates, budgets)
def test_an_event_is_acknowledged_only_if_it_is_in_the_log_and_counts_once(
    calls: Sequence[tuple[str, int, int]], fates: Sequence[Fate], budget_s: float
) -> None:
    """200 with the position at which it lies, or 503; a client that sends again after a 503 does no harm."""
    log, time = MemoryEventLog(), Hourglass(budget_s)
    use_case = AcceptEvents(
        KinesisEventLog(FaultyKinesis(log, fates), "events", time.attempts), FixedClock(NOW_MS), SECRET
    )
    acknowledged, sent = set[tuple[str, str]](), set[tuple[str, str]]()
    with patch.object(accepting, "accept_events", lambda: use_case):
        for number, (user, events, most) in enumerate(calls):
            body = submission(*[entry(eventId=f"{number}-{place}") for place in range(events)], user=user)
            ids = {(user, event["eventId"]) for event in body["eventList"]}
            sent |= ids
            for _ in range(most):
                time.seconds = budget_s
                status, told = answer(accepting.ROUTES, "POST", body, time)
                if status == 200:
                    assert {(user, event_id) for event_id in told["accepted"]} == ids
                    assert ids_at(log, told["position"]) == {event_id for _, event_id in ids}
                    acknowledged |= ids
                    break
                assert status == 503
                assert "may not be in the log, send them again with the same ids" in told["error"]["message"]
    in_log = events_of(log)
    assert acknowledged <= in_log.keys() <= sent
    assert counted(log) == (len(in_log), in_log.total() - len(in_log))


def ids_at(log: MemoryEventLog, position: str) -> set[str]:
    """The ids of the events that lie at a position."""
    (record,) = (one for one in log.records if str(one.position) == position)
    return {event.event_id for event in decode(record.data).events}


def events_of(log: MemoryEventLog) -> Counter[tuple[str, str]]:
    """How often each event lies in the log."""
    users = {subject(name): name for name in ("ann", "bob")}
    records = [decode(record.data) for record in log.records]
    return Counter((users[record.subject], event.event_id) for record in records for event in record.events)


def counted(log: MemoryEventLog) -> tuple[int, int]:
    """How many events a fold of the log applies, and how many it knows already."""
    store = MemoryFeatureStore()
    ProjectEvents(OneView(store), MemoryDeadLetters())(SHARD, log.records)
    states = [user_row.unpack(row.data) for row in store.users.values()]
    return sum(state.applied for state in states), sum(state.duplicates for state in states)


class FaultyCatalogue(MemoryCatalogue):
    """A catalogue whose calls fail as they are told, before or after they are done."""

    def __init__(self, fates: Sequence[Fate]) -> None:
        super().__init__()
        self._fates = iter(fates)

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        fate = next(self._fates, Fate.DONE)
        if fate.happens:
            super().publish(items, changed_at_ms, budget)
        if fate is not Fate.DONE:
            raise UnavailableError(f"catalogue: {fate.value}")


@given(fates, fates, budgets, st.lists(st.sampled_from(["lamp", "desk", "vase"]), min_size=1, unique=True))
def test_items_are_acknowledged_only_if_they_are_published_and_may_be_published_again(
    log_fates: Sequence[Fate], catalogue_fates: Sequence[Fate], budget_s: float, item_ids: Sequence[str]
) -> None:
    """200 means both in the log and in the catalogue; after any number of 503s the catalogue is what one call makes."""
    log, catalogue, time = MemoryEventLog(), FaultyCatalogue(catalogue_fates), Hourglass(budget_s)
    stream = KinesisEventLog(FaultyKinesis(log, log_fates), "events", time.attempts)
    use_case = PublishItems(stream, catalogue, FixedClock(NOW_MS))
    with patch.object(publishing, "publish_items", lambda: use_case):
        for _ in range(MOST_CALLS):
            time.seconds = budget_s
            status, told = answer(publishing.ROUTES, "PUT", {"items": [{"itemId": i} for i in item_ids]}, time)
            assert status in (200, 503)
            if status == 200:
                assert told["published"] == list(item_ids)
                assert ids_at(log, told["position"]) == {f"{item_id}@{NOW_MS}" for item_id in item_ids}
                assert set(catalogue.changes) == set(item_ids)
            else:
                assert told["error"]["message"]
    assert set(catalogue.changes) in (set(), set(item_ids))
    assert log.records or not catalogue.changes, "the catalogue is derived from the log"
