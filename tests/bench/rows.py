"""Write units of the projector on a trace of sessions, by Millstream's own meter of DynamoDB's rules.

Every user has a full row from the start; each record holds one event, the most expensive way to send them; a thousand
sessions are going on at any time. The floor is one unit for each pair of a user and a batch: less cannot be written if
a user's row is to be current after every batch. Beside it, the naive design: each event rewrites a user's list of maps
and adds to an item's counter, and its idempotency record is put and then updated, as Powertools does.
Source of the last: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from statistics import mean
from typing import Any

from millstream.adapters.aws.dynamo_feature_store import trend_key, user_key
from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore, MemoryViews
from millstream.application.ports import FIRST_VIEW, LogRecord, UserWrite, UserWriteReport
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.views import user_row
from millstream.domain.views.user_state import EVENT_BYTES, RECENT_EVENTS
from millstream.entrypoints.stream import log_records
from tests.bench.kinesis import SHARD, lambda_event, packed
from tests.bench.peers.plain_projector import user_item
from tests.bench.peers.views import Views
from tests.bench.reporting import Gate, Report, Table
from tests.bench.trace import USUAL_VISITORS, Step, Visitors, histories, steps
from tests.references.dynamo_size import WRITE_UNIT_BYTES, item_bytes, write_units

Item = dict[str, dict[str, Any]]

PROMISED_SHARE = 1.05
PROMISED_UNITS = {1_000: 700, 8_000: 220}
"""For a thousand events of the trace, by batch."""

IDEMPOTENCY_UNITS = 2
COUNTER_UNITS = 1


@dataclass(frozen=True)
class Size:
    """How many events are metered, and the batches that they are cut into."""

    metered: int = 24_000
    batches: tuple[int, ...] = (100, 1_000, 8_000)
    visitors: Visitors = USUAL_VISITORS


FULL = Size()
TINY = Size(metered=200, batches=(50, 100), visitors=Visitors(at_once=5, users=9, items=150))


class MeteredStore(MemoryFeatureStore):
    """Keeps rows in memory, and counts what writing them to DynamoDB would cost."""

    def __init__(self) -> None:
        super().__init__()
        self.user_units = 0
        self.trend_units = 0
        self.largest_row = 0

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        sizes = [item_bytes(_stored(write)) for write in writes]
        self.user_units += sum(map(write_units, sizes))
        self.largest_row = max(self.largest_row, *sizes)
        return super().write_users(writes)

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        item: Item = {**trend_key(FIRST_VIEW.number, shard), "s": {"B": data}, "v": {"N": str(expected_version + 1)}}
        self.trend_units += write_units(item_bytes(item))
        super().write_trend(shard, expected_version, data)


@dataclass(frozen=True)
class Metered:
    """What one cut into batches cost."""

    batch: int
    events: int
    pairs: int
    store: MeteredStore

    @property
    def share(self) -> float:
        """Units, the trend row's included, for each pair of a user and a batch."""
        return (self.store.user_units + self.store.trend_units) / self.pairs

    def per_thousand(self, units: int) -> float:
        """Units for a thousand events."""
        return 1_000 * units / self.events


def run(size: Size = FULL) -> Report:
    """Meter each cut, and the naive design once: it does not fold, so batches do not matter to it."""
    past = list(histories(size.visitors, RECENT_EVENTS))
    trace = list(islice(steps(size.visitors), size.metered))
    before = log_records(lambda_event(map(packed, past)))
    records = log_records(lambda_event((packed([step]) for step in trace), first=len(before)))
    metered = [_metered(before, records, batch) for batch in size.batches]
    naive = 1_000 * mean(_naive_units(past, trace))
    return Report(
        "rows",
        (_table(metered, naive), _row_table(metered)),
        (*map(_gate, metered), *_unit_gates(metered), _row_gate(metered)),
    )


def _metered(before: Sequence[LogRecord], records: Sequence[LogRecord], batch: int) -> Metered:
    """The records in batches of this size, after those before them have filled the rows."""
    store = MeteredStore()
    project = ProjectEvents(MemoryViews(store), MemoryDeadLetters())
    project(SHARD, before)
    store.user_units = store.trend_units = 0
    pairs = 0
    for start in range(0, len(records), batch):
        cut = records[start : start + batch]
        pairs += len({record.partition_key for record in cut})
        project(SHARD, cut)
    return Metered(batch, len(records), pairs, store)


def _naive_units(past: Sequence[list[Step]], trace: Sequence[Step]) -> Iterator[int]:
    """The units of each tenth event: serialising a list of maps takes boto3 a millisecond."""
    views = Views()
    for number, step in enumerate(chain(chain.from_iterable(past), trace), -sum(map(len, past))):
        views.fold(step.user, step.event_id, step.kind.name, step.item, step.at_ms)
        if number >= 0 and number % 10 == 0:
            row = user_item(step.user, views.users[step.user])
            yield write_units(item_bytes(row)) + COUNTER_UNITS + IDEMPOTENCY_UNITS


def _table(metered: list[Metered], naive: float) -> Table:
    columns = ("batch", "user and batch pairs", "user rows", "trend row", "all", "all ÷ pairs", "naive", "naive ÷ all")
    rows = []
    for cut in metered:
        users, trend = cut.per_thousand(cut.store.user_units), cut.per_thousand(cut.store.trend_units)
        pairs = cut.per_thousand(cut.pairs)
        rows.append(
            (f"{cut.batch:,}", pairs, users, trend, users + trend, f"{cut.share:.3f}", naive, naive / (users + trend))
        )
    return Table(f"Write units for 1,000 events, of {metered[0].events:,}", columns, tuple(rows))


def _row_table(metered: list[Metered]) -> Table:
    """The same rows in every cut: only their versions differ."""
    rows = metered[0].store.users.values()
    full = [row for row in rows if len(user_row.unpack(row.data).events) == RECENT_EVENTS * EVENT_BYTES]
    cells = (len(rows), len(full), metered[0].store.largest_row, WRITE_UNIT_BYTES)
    columns = ("", "users", f"with {RECENT_EVENTS} events", "largest item, bytes", "one unit, bytes")
    return Table("User rows", columns, (("Millstream", *cells),))


def _stored(write: UserWrite) -> Item:
    """The item as `DynamoFeatureStore` writes it."""
    return {
        **user_key(FIRST_VIEW.number, write.user),
        "s": {"B": write.data},
        "v": {"N": str(write.expected_version + 1)},
    }


def _gate(cut: Metered) -> Gate:
    promise = f"batches of {cut.batch:,}: at most {PROMISED_SHARE} units for each pair of a user and a batch"
    return Gate(promise, f"{cut.share:.3f}", cut.share <= PROMISED_SHARE)


def _unit_gates(metered: list[Metered]) -> Iterator[Gate]:
    """The share of pairs says how little is written for a user and a batch; these, what that comes to."""
    for cut in metered:
        if cut.batch in PROMISED_UNITS:
            most = PROMISED_UNITS[cut.batch]
            units = cut.per_thousand(cut.store.user_units + cut.store.trend_units)
            promise = f"batches of {cut.batch:,}: at most {most} units for a thousand events"
            yield Gate(promise, f"{units:.0f}", units <= most)


def _row_gate(metered: list[Metered]) -> Gate:
    largest = max(cut.store.largest_row for cut in metered)
    return Gate("every user row is written for one unit", f"at most {largest:,} bytes", largest <= WRITE_UNIT_BYTES)
