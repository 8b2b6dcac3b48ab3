"""Whatever the tables refuse: no batch is acknowledged that did not land, and the rows end as in a clean run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.aws.backoff import FIRST_WAIT_S
from millstream.adapters.aws.dynamo_feature_store import VIEW_BYTES
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from millstream.application.ports import LogRecord
from millstream.application.project.project_events import Projected, ProjectEvents
from millstream.domain.errors import UnavailableError
from millstream.domain.keys import Pseudonym
from millstream.domain.views import user_row
from tests.builders import SHARD, OneView, event, log, record, subject
from tests.faults import Fate
from tests.faulty_dynamo import ITEMS, USERS, FaultyDynamo
from tests.hourglass import Hourglass
from tests.strategies import logs, readable

one = st.just(Fate.DONE) | st.sampled_from(Fate)
fates = st.lists(one, max_size=20) | st.lists(one, min_size=30, max_size=80)
"""Drawn from two sizes, because Hypothesis likes short lists, and trouble needs to last."""

budgets = st.sampled_from([FIRST_WAIT_S / 4, 0.2, 2.0])
"""Time for one attempt of each call, for a few, for many."""


class Shop:
    """Tables with their fates, a projector before them, and what Lambda knows of one shard."""

    def __init__(self, records: Sequence[LogRecord], fates: Sequence[Fate], budget_s: float) -> None:
        self.records = records
        self.tables = FaultyDynamo(fates)
        self.done = 0
        self._time = Hourglass(budget_s)
        self._budget_s = budget_s
        self._letters = MemoryDeadLetters()
        self._project = self._new_process()

    def _new_process(self) -> ProjectEvents:
        return ProjectEvents(DynamoViews(self.tables, USERS, ITEMS, self._time.attempts), self._letters)

    def deliver(self, size: int) -> Projected | None:
        """Deliver the next records as Lambda does: what was said to have failed comes again."""
        batch = self.records[self.done : self.done + size]
        self._time.seconds = self._budget_s
        try:
            projected = self._project(SHARD, batch, self._time)
        except UnavailableError:
            return None
        if projected.failed_from is None:
            self.done += len(batch)
        else:
            self.done += next(place for place, one in enumerate(batch) if one.position == projected.failed_from)
        return projected

    def users(self) -> dict[Pseudonym, bytes]:
        """The rows of the users."""
        return {key[VIEW_BYTES:]: bytes(row["s"]["B"]) for (key,), row in self.tables.rows[USERS].items()}

    def trends(self) -> dict[str, bytes]:
        """The rows of the trends."""
        return {shard: bytes(row["s"]["B"]) for (_, shard), row in self.tables.rows[ITEMS].items()}


def clean_run(records: Sequence[LogRecord]) -> MemoryFeatureStore:
    """What a run leaves in whose way nothing is."""
    store = MemoryFeatureStore()
    if records:
        ProjectEvents(OneView(store), MemoryDeadLetters())(SHARD, records)
    return store


@given(logs(of=readable), fates, budgets, st.integers(1, 24))
def test_what_is_acknowledged_is_stored_and_the_rows_end_as_in_a_clean_run(
    records: Sequence[LogRecord], fates: Sequence[Fate], budget_s: float, size: int
) -> None:
    """Throttled rows and calls, errors, answers that never come: after each delivery, and at the end."""
    shop = Shop(records, fates, budget_s)
    for _ in range(len(fates) + len(records)):
        if shop.done == len(records):
            break
        shop.deliver(size)
        rows = shop.users()
        for user, row in clean_run(records[: shop.done]).users.items():
            acknowledged = user_row.unpack(row.data)
            stored = user_row.unpack(rows[user])
            assert stored.position.reaches(acknowledged.position)
            assert stored.applied >= acknowledged.applied
    clean = clean_run(records)
    assert shop.done == len(records)
    assert shop.users() == {user: row.data for user, row in clean.users.items()}
    assert shop.trends() == {shard: row.data for shard, row in clean.trends.items()}


class ThrottledUser(FaultyDynamo):
    """Tables that never have capacity for one user's row."""

    def __init__(self, user: Pseudonym) -> None:
        super().__init__([])
        self._user = user

    def _execute(self, statement: str, parameters: Sequence[dict[str, bytes]]) -> str | None:
        mine = any(bytes(value.get("B", b"")).endswith(self._user) for value in parameters)
        return "ThrottlingError" if mine else super()._execute(statement, parameters)


LOG = log(
    record("ann", event("lamp", event_id="a1")),
    record("bob", event("desk", event_id="b1")),
    record("ann", event("vase", event_id="a2")),
)


def test_a_row_that_never_has_capacity_is_delivered_again_from_its_first_record() -> None:
    """A partial batch failure: its neighbours are stored, and it is not acknowledged."""
    shop = Shop(LOG, [], budget_s=2)
    shop.tables = ThrottledUser(subject("bob"))
    shop._project = shop._new_process()
    projected = shop.deliver(3)
    assert projected is not None
    assert projected.failed_from == LOG[1].position
    assert (shop.done, set(shop.users())) == (1, {subject("ann")})


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.DONE])
def test_tables_that_never_answer_fail_the_whole_batch(fate: Fate) -> None:
    """Lambda delivers all of it again, for as long as it takes."""
    shop = Shop(LOG, [fate] * 10_000, budget_s=2)
    assert shop.deliver(3) is None
    assert (shop.done, shop.users()) == (0, {})


def test_a_user_whose_row_was_left_unread_is_not_folded_from_nothing() -> None:
    """The trend is written first: an event that the user's own row would have known must not weigh in it again."""
    twice = log(record("ann", event("lamp", event_id="a1")), record("ann", event("lamp", event_id="a1")))
    first_delivery = [Fate.DONE] * 7  # pointer, read and its row, trend, trend's write, write and its row
    shop = Shop(twice, [*first_delivery, Fate.DONE, Fate.THROTTLED], budget_s=2)
    shop.deliver(1)
    assert shop.deliver(1) is not None
    assert shop.trends() == {shard: row.data for shard, row in clean_run(twice).trends.items()}
