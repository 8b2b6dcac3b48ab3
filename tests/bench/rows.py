"""Write units of the projector on a trace of sessions, by Freshet's own meter of DynamoDB's rules.

Each record holds one event, the most expensive way to send them, and a thousand sessions are going on at any time. The
floor is one unit for each pair of a user and a batch: less cannot be written if a user's row is to be current after
every batch. Beside it, the naive design: each event rewrites a user's list of maps and adds to an item's counter, and
its idempotency record is put and then updated, as Powertools does.
Source of the last: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from freshet.adapters.dynamo_feature_store import TREND
from freshet.adapters.dynamo_size import WRITE_UNIT_BYTES, item_bytes, write_units
from freshet.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from freshet.application.ports import LogRecord, UserWrite, UserWriteReport
from freshet.application.project_events import ProjectEvents
from freshet.domain import user_row
from freshet.domain.user_state import RECENT_EVENTS
from freshet.entrypoints.stream import log_records
from tests.bench.kinesis import SHARD, lambda_event, packed
from tests.bench.peers.plain_projector import user_item
from tests.bench.peers.views import Views
from tests.bench.reporting import Gate, Report, Table
from tests.bench.trace import USUAL_VISITORS, Step, Visitors, steps

Item = dict[str, dict[str, Any]]

PROMISED_SHARE = 1.05
IDEMPOTENCY_UNITS = 2
COUNTER_UNITS = 1


@dataclass(frozen=True)
class Size:
    """How many events come before the metered ones, how many those are, and the batches that they are cut into."""

    before: int = 40_000
    metered: int = 24_000
    batches: tuple[int, ...] = (100, 1_000, 8_000)
    visitors: Visitors = USUAL_VISITORS


FULL = Size()
TINY = Size(before=2_000, metered=200, batches=(50, 100), visitors=Visitors(at_once=5, users=9, items=40))


class MeteredStore(MemoryFeatureStore):
    """Keeps rows in memory, and counts what writing them to DynamoDB would cost."""

    def __init__(self) -> None:
        super().__init__()
        self.user_rows = 0
        self.user_units = 0
        self.trend_units = 0
        self.largest_row = 0

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        sizes = [item_bytes(_stored(write)) for write in writes]
        self.user_rows += len(writes)
        self.user_units += sum(map(write_units, sizes))
        self.largest_row = max(self.largest_row, *sizes)
        return super().write_users(writes)

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        item: Item = {
            "kind": {"S": TREND},
            "shard": {"S": shard},
            "s": {"B": data},
            "v": {"N": str(expected_version + 1)},
        }
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
    trace = list(islice(steps(size.visitors), size.before + size.metered))
    records = log_records(lambda_event(packed([step]) for step in trace))
    metered = [_metered(records, size, batch) for batch in size.batches]
    naive = 1_000 * sum(_naive_units(trace, size.before)) / size.metered
    return Report("rows", (_table(metered, naive), _row_table(metered)), (*map(_gate, metered), _row_gate(metered)))


def _metered(records: Sequence[LogRecord], size: Size, batch: int) -> Metered:
    """The later records in batches of this size, after the earlier ones have filled the rows."""
    store = MeteredStore()
    project = ProjectEvents(store, MemoryDeadLetters())
    project(SHARD, records[: size.before])
    store.user_rows = store.user_units = store.trend_units = 0
    pairs, later = 0, records[size.before :]
    for start in range(0, len(later), batch):
        cut = later[start : start + batch]
        pairs += len({record.partition_key for record in cut})
        project(SHARD, cut)
    return Metered(batch, len(later), pairs, store)


def _naive_units(trace: Sequence[Step], before: int) -> Iterator[int]:
    views = Views()
    for number, step in enumerate(trace):
        views.fold(step.user, step.event_id, step.kind.name, step.item, step.at_ms)
        if number >= before:
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
    full = [row for row in rows if len(user_row.unpack(row.data).marks) == RECENT_EVENTS]
    cells = (len(rows), len(full), metered[0].store.largest_row, WRITE_UNIT_BYTES)
    columns = ("", "users", f"with {RECENT_EVENTS} events", "largest item, bytes", "one unit, bytes")
    return Table("User rows", columns, (("Freshet", *cells),))


def _stored(write: UserWrite) -> Item:
    """The item as `DynamoFeatureStore` writes it."""
    return {"u": {"B": write.user}, "s": {"B": write.data}, "v": {"N": str(write.expected_version + 1)}}


def _gate(cut: Metered) -> Gate:
    promise = f"batches of {cut.batch:,}: at most {PROMISED_SHARE} units for each pair of a user and a batch"
    return Gate(promise, f"{cut.share:.3f}", cut.share <= PROMISED_SHARE)


def _row_gate(metered: list[Metered]) -> Gate:
    largest = max(cut.store.largest_row for cut in metered)
    return Gate("every user row is written for one unit", f"at most {largest:,} bytes", largest <= WRITE_UNIT_BYTES)
