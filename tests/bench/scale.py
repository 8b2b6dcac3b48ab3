"""A rebuild on many machines: what each step takes here, for an event or a row, and what that makes at a size.

The steps are those that the functions call. A log lies in an archive on this machine's disk; S3's and DynamoDB's
clients check, serialise, sign and parse, and their network is not there. The second table multiplies the first one by a
number of users and events, with AWS's list prices for us-east-1 as of memory (PRICES): nothing in it was ever billed.

Long, because the measured and the multiplied figures share their names: apart, neither could be checked.
"""

from __future__ import annotations

import itertools
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from millstream.adapters.aws.dynamo_feature_store import user_key
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.local.folder_workspace import FolderWorkspace
from millstream.adapters.memory import MemoryViews
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import UNHURRIED, LogRecord, UserWrite
from millstream.application.replay.distributed import (
    ON_MANY_MACHINES,
    FoldTrends,
    FoldUsers,
    PlanRebuild,
    SplitArchive,
    SplitStream,
)
from millstream.application.replay.plan import Choices
from millstream.application.replay.reading import kept_log
from millstream.application.replay.users import fold_partition
from millstream.domain.log.amendments import NOTHING_HIDDEN
from millstream.domain.log.positions import Position
from tests.bench.bucket import FolderBucket
from tests.bench.kinesis import SHARD, packed
from tests.bench.network import Network
from tests.bench.reporting import Report, Table
from tests.bench.stored import answers, on_the_wire
from tests.bench.trace import Visitors, calls, steps
from tests.references.dynamo_size import item_bytes, write_units

RECORDS_AN_OBJECT = 5_000
DAY = "2026-11-22"
ROWS_A_PAGE = 1_000
"""About what a megabyte of a scan holds."""

PRICES = {
    "Lambda, a GB-second on arm64": 0.0000133334,
    "Lambda, a call": 0.20e-6,
    "S3, a PUT": 0.005e-3,
    "S3, a GET": 0.0004e-3,
    "DynamoDB, a write unit on demand": 0.625e-6,
    "DynamoDB, a read unit on demand": 0.125e-6,
    "Step Functions, a transition": 0.025e-3,
    "S3, a GB-month": 0.023,
    "DynamoDB, a GB-month": 0.25,
}
"""US dollars, us-east-1. To be looked up before anybody believes the second table: aws.amazon.com/pricing."""

S3_ANSWERS_S = 0.03
"""What an object takes to come or go: an assumption."""

UNITS_A_SECOND = 40_000
"""What a table may take in a second unless AWS has raised an account's quota."""

GB_OF = {"split": 1.769 / 1.024, "fold": 3.538 / 1.024, "trend": 1.769 / 1.024, "check": 1.769 / 1.024}
SPLITTERS, FOLDERS, CHECKERS = 200, 15, 200
TRANSITIONS_A_CALL = 3
WORKSPACE_DAYS = 7
INDEXED_BYTES = 100
"""What DynamoDB bills for each row beside its content."""


FIVE_THOUSAND = Visitors(at_once=500, users=5_000)


@dataclass(frozen=True)
class Size:
    """The log that is measured: events, packed as calls of up to so many."""

    events: int = 500_000
    visitors: Visitors = FIVE_THOUSAND
    most: int = 10
    partitions: int = 4
    rows: int = 2_000


FULL = Size()
TINY = Size(events=400, visitors=Visitors(at_once=5, users=20, items=40), partitions=2, rows=30)


@dataclass
class CountedWorkspace:
    """A workspace that counts what is put into it."""

    inner: FolderWorkspace
    stored: Counter[str] = field(default_factory=Counter)

    def put(self, name: str, data: bytes) -> None:
        """See Workspace."""
        self.stored[name.partition("/")[0]] += len(data)
        self.inner.put(name, data)

    def get(self, name: str) -> bytes:
        """See Workspace."""
        return self.inner.get(name)

    def names(self, prefix: str) -> Sequence[str]:
        """See Workspace."""
        return self.inner.names(prefix)

    def clear(self) -> None:
        """See Workspace."""
        self.inner.clear()


@dataclass(frozen=True)
class Measured:
    """For an event: CPU seconds of the steps and bytes. For a row: CPU seconds of the clients, write units, memory."""

    events: int
    users: int
    split_s: float
    fold_s: float
    trend_s: float
    archived: float
    divided: float
    new: float
    write_s: float
    scan_s: float
    row_bytes: float
    memory: float


def run(size: Size = FULL) -> Report:
    """Measure one log, then multiply."""
    with tempfile.TemporaryDirectory() as folder:
        one = _measured(Path(folder), size)
    rows = tuple((name, value) for name, value in _told(one).items())
    title = f"A log of {one.events:,} events of {one.users:,} users, in calls of up to {size.most}"
    tables = (Table(title, ("", "measured"), rows), _at_scale(one))
    return Report("scale", tables)


def _measured(folder: Path, size: Size) -> Measured:
    archive = S3Archive(FolderBucket(folder / "archive"), "bucket")
    _fill(archive, size)
    workspace = CountedWorkspace(FolderWorkspace(folder / "workspace"))
    views, log = MemoryViews(), MemoryEventLog()
    plan = PlanRebuild(archive, views, lambda _: workspace, int)("bench", Choices(size.partitions))
    events = 0
    split_s = _cpu(
        lambda: [SplitArchive(archive, lambda _: workspace)("bench", number) for number in range(len(plan.slices))]
    )
    SplitStream(archive, log, views, lambda _: workspace, "code", int)("bench")
    folders = FoldUsers(views, lambda _: workspace, "code")
    fold_s = _cpu(lambda: [folders("bench", number, UNHURRIED) for number in range(size.partitions)])
    trend_s = _cpu(lambda: FoldTrends(views, lambda _: workspace, "code")("bench", SHARD, UNHURRIED))
    rows = {user: row.data for user, row in views.stores[2].users.items()}
    pieces = kept_log(workspace).pieces
    events = sum(piece.events for piece in pieces)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    folded = fold_partition(workspace, pieces, 0, NOTHING_HIDDEN)
    memory = (tracemalloc.get_traced_memory()[0] - before) / max(1, len(folded.states))
    tracemalloc.stop()
    some = dict(itertools.islice(rows.items(), size.rows))
    write_s, scan_s = _clients(some)
    return Measured(
        events,
        len(rows),
        split_s / events,
        fold_s / events,
        trend_s / events,
        sum(slice_.stored_bytes for slice_ in plan.slices) / events,
        workspace.stored["log"] / events,
        workspace.stored["new"] / events,
        write_s,
        scan_s,
        sum(map(_stored_bytes, some.items())) / len(some),
        memory,
    )


def _fill(archive: S3Archive, size: Size) -> None:
    trace = calls(itertools.islice(steps(size.visitors), size.events), size.most)
    records = (LogRecord(Position(SHARD, number), *packed(call)) for number, call in enumerate(trace, 1))
    while some := list(itertools.islice(records, RECORDS_AN_OBJECT)):
        archive.store(some, DAY)


def _clients(rows: dict[bytes, bytes]) -> tuple[float, float]:
    """CPU seconds of DynamoDB's client to write a row, and to read one back by a scan."""
    writing = Network(answers({}))
    store = DynamoViews(writing.client("dynamodb"), "users", "items").store(2)
    writes = [UserWrite(user, 0, row) for user, row in rows.items()]
    took = _cpu(lambda: store.write_users(writes)) - writing.unbilled()
    items = [on_the_wire(_item(user, row)) for user, row in rows.items()]
    reading = Network({"Scan": lambda _: {"Items": items[:ROWS_A_PAGE]}})
    store = DynamoViews(reading.client("dynamodb"), "users", "items").store(2)
    read = _cpu(lambda: list(store.all_users())) - reading.unbilled()
    return took / len(rows), read / min(len(rows), ROWS_A_PAGE)


def _item(user: bytes, row: bytes) -> dict[str, Any]:
    return {**user_key(2, user), "s": {"B": row}, "v": {"N": "1"}}


def _stored_bytes(entry: tuple[bytes, bytes]) -> int:
    return item_bytes(_item(*entry))


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _told(one: Measured) -> dict[str, float]:
    return {
        "split, µs an event": 1e6 * one.split_s,
        "fold the users, µs an event": 1e6 * one.fold_s,
        "fold the trend, µs an event": 1e6 * one.trend_s,
        "DynamoDB's client, µs a row written": 1e6 * one.write_s,
        "DynamoDB's client, µs a row read back": 1e6 * one.scan_s,
        "bytes an event in the archive": one.archived,
        "bytes an event, divided by user": one.divided,
        "bytes an event, what was new": one.new,
        "bytes of a user's row, key and names included": one.row_bytes,
        "write units of such a row": write_units(int(one.row_bytes)),
        "bytes of memory for a user who is folded": one.memory,
    }


@dataclass(frozen=True)
class Scale:
    """A log to multiply by."""

    users: int
    events: int
    shards: int


SCALES = (
    Scale(1_000_000, 100_000_000, 4),
    Scale(10_000_000, 1_000_000_000, 20),
    Scale(100_000_000, 10_000_000_000, 80),
)


@dataclass(frozen=True)
class Computed:
    """What a rebuild of a log comes to; minutes of each step with as many functions at once as its state allows."""

    slices: int
    partitions: int
    objects: int
    memory_gb: float
    minutes: dict[str, float]
    dollars: dict[str, float]


def computed(one: Measured, scale: Scale) -> Computed:
    """Multiply."""
    stored = one.archived * scale.events
    slices = 1 + int(stored // ON_MANY_MACHINES.slice_bytes)
    partitions = 1 + int(stored // ON_MANY_MACHINES.partition_bytes)
    objects = slices * partitions
    at_once = {
        "split": min(SPLITTERS, slices),
        "fold": min(FOLDERS, partitions),
        "trend": scale.shards,
        "check": min(CHECKERS, partitions),
    }
    seconds = {
        "split": one.split_s * scale.events + S3_ANSWERS_S * objects,
        "fold": max(
            one.fold_s * scale.events + one.write_s * scale.users + 2 * S3_ANSWERS_S * objects,
            at_once["fold"] * scale.users / UNITS_A_SECOND,
        ),
        "trend": one.trend_s * scale.events + S3_ANSWERS_S * objects,
        "check": one.scan_s * scale.users * 2,
    }
    calls_made = slices + 2 * partitions + scale.shards
    read_units = scale.users * one.row_bytes * 2 / 4096
    dollars = {
        "Lambda": sum(PRICES["Lambda, a GB-second on arm64"] * GB_OF[step] * s for step, s in seconds.items())
        + calls_made * PRICES["Lambda, a call"],
        "S3 requests": 2 * objects * (PRICES["S3, a PUT"] + PRICES["S3, a GET"]),
        "DynamoDB writes": scale.users * write_units(int(one.row_bytes)) * PRICES["DynamoDB, a write unit on demand"],
        "DynamoDB reads": read_units * PRICES["DynamoDB, a read unit on demand"],
        "S3 storage, a week": (one.divided + one.new)
        * scale.events
        / 1e9
        * PRICES["S3, a GB-month"]
        * WORKSPACE_DAYS
        / 30,
        "DynamoDB storage, the old version a day": (one.row_bytes + INDEXED_BYTES)
        * scale.users
        / 1e9
        * PRICES["DynamoDB, a GB-month"]
        / 30,
        "Step Functions": calls_made * TRANSITIONS_A_CALL * PRICES["Step Functions, a transition"],
    }
    minutes = {step: s / at_once[step] / 60 for step, s in seconds.items()}
    return Computed(slices, partitions, objects, one.memory * scale.users / partitions / 2**30, minutes, dollars)


def _at_scale(one: Measured) -> Table:
    each = [computed(one, scale) for scale in SCALES]
    columns = ("", *(f"{scale.users:,} users, {scale.events:,} events" for scale in SCALES))
    lines: Iterator[tuple[str, list[float]]] = itertools.chain(
        [
            ("slices", [c.slices for c in each]),
            ("partitions", [c.partitions for c in each]),
            ("objects of the log, divided; and as many of what was new", [c.objects for c in each]),
            ("GB of memory for the users of a partition", [c.memory_gb for c in each]),
        ],
        ((f"minutes to {step}, {_many(step)}", [c.minutes[step] for c in each]) for step in each[0].minutes),
        ((f"dollars, {name}", [c.dollars[name] for c in each]) for name in each[0].dollars),
        [("dollars, all", [sum(c.dollars.values()) for c in each])],
    )
    return Table("Computed, not measured", columns, tuple((name, *cells) for name, cells in lines))


def _many(step: str) -> str:
    known = {"split": SPLITTERS, "fold": FOLDERS, "check": CHECKERS}
    return f"at most {known[step]} at once" if step in known else "one a shard, on 4, 20 and 80 shards"
