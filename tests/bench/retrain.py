"""What a full retrain of the shop's model takes, step by step: from the archived log to a model that is served.

The log is UCI Online Retail where MILLSTREAM_DATA names the folder with the data, else a trace of as many events. The
archive lies on this machine's disk: what S3 costs is not in here. Evaluated is a model of the first four fifths of the
records: it is asked before some of the others what the customer does next, from their latest items as they were then.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.local.system_clock import SystemClock
from millstream.adapters.memory import MemoryModelStore
from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.application.models import promote_model, publish_model
from millstream.application.ports import LogRecord
from millstream.domain.keys import Pseudonym
from millstream.domain.log.positions import HISTORY_SHARD, Position, shard_number
from millstream.domain.log.records import decode_cores, encode
from millstream.domain.models.cards import Cost
from millstream.domain.views.tastes import tail
from millstream.domain.views.user_state import UserState
from millstream.learning.from_log import read_history
from millstream.learning.stopwatch import Seconds, Stopwatch, summed
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.publishable import publishable
from millstream.scoring.stored_models import check_stored
from millstream_tools.demo.translation import history_records
from millstream_tools.shops.recorded.open_shop import open_shop
from tests.bench.bucket import FolderBucket
from tests.bench.kinesis import packed
from tests.bench.reporting import Gate, Report, Table
from tests.bench.trace import Visitors, calls, steps
from tests.unit.millstream.learning.histories import CovisitationModel, export, fit

PROMISED_MINUTES = 15
ONLINE_RETAIL = "uci-online-retail/online_retail.parquet"
HELD_OUT = 0.2
RECORDS_AN_OBJECT = 5_000
TOP = 10


@dataclass(frozen=True)
class Size:
    """Events that the log has at most, users of a trace, and records before which the model is asked."""

    events: int | None = None
    trace_events: int = 397_924
    users: int = 6_000
    questions: int = 2_000


FULL = Size()
TINY = Size(events=2_000, trace_events=2_000, users=60, questions=50)


@dataclass
class Steps:
    """Seconds by step, of the wall clock and of all cores for this process."""

    took: dict[str, Seconds] = field(default_factory=dict)

    def sums(self) -> Cost:
        """Of all steps so far."""
        return Cost(*summed(self.took.values()))

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time what happens within."""
        watch = Stopwatch()
        yield
        self.took[step] = watch.seconds()


def run(size: Size) -> Report:
    """Retrain once."""
    with tempfile.TemporaryDirectory() as place:
        folder, timed = Path(place), Steps()
        called, archive = _archived(folder / "archive", size)
        with timed("read the archive, without what it takes back"):
            records = list(as_of(WholeLog(archive)).records())
        with timed("fold the users"):
            history = read_history(records)
        with timed("fit"):
            model = CovisitationModel.of(history)
        with timed("evaluate: fit on four fifths, ask about the rest"):
            hit_rate, asked = _hit_rate(records, folder / "evaluated", size.questions)
        with timed("export, check, publish, promote"):
            version = _served(model, folder, {"next record, live context": {"hit@10": hit_rate}}, timed)
        wall, cpu = timed.sums()
    table = Table(
        f"Retraining on {called}: {history.log.events:,} events of {history.log.users:,} users, "
        f"{len(model.vocabulary):,} items; hit@10 {hit_rate:.4f} on {asked:,} questions; {version}",
        ("", "wall s", "CPU s"),
        (*((step, *took) for step, took in timed.took.items()), ("all", wall, cpu)),
    )
    promise = f"a full retrain in less than {PROMISED_MINUTES} minutes"
    return Report("retrain", (table,), (Gate(promise, f"{wall / 60:.2f} minutes", wall < 60 * PROMISED_MINUTES),))


def _archived(folder: Path, size: Size) -> tuple[str, S3Archive]:
    """What the log is called, and the archive that holds it."""
    data = Path(os.environ.get("MILLSTREAM_DATA", "")) / ONLINE_RETAIL
    if data.is_file():
        shop = open_shop(data, seed=0, probes=1, live_fraction=1e-9)  # all but one event are history
        events = itertools.islice(shop.history(), size.events)
        called, encoded = shop.name, ((str(one.subject), encode(one)) for one in history_records(events, b"secret"))
    else:
        trace = itertools.islice(steps(Visitors(at_once=size.users // 3, users=size.users)), size.trace_events)
        called, encoded = "a trace", (packed(call) for call in calls(trace, 10))
    archive = S3Archive(FolderBucket(folder), "bucket")
    records = (LogRecord(Position(HISTORY_SHARD, number), *one) for number, one in enumerate(encoded, 1))
    while some := list(itertools.islice(records, RECORDS_AN_OBJECT)):
        archive.store(some, "2026-11-22")
    return called, archive


def _hit_rate(records: Sequence[LogRecord], folder: Path, questions: int) -> tuple[float, int]:
    """How often the next record's first item is among the first ten, and how often that was asked."""
    cut = round(len(records) * (1 - HELD_OUT))
    exported = export(fit(records[:cut]), folder, created_at_ms=0, cost=Cost(0.0, 0.0))
    scorer = OnnxScorer.load(exported.folder, exported.version)
    every = max(1, (len(records) - cut) // questions)
    users: dict[Pseudonym, UserState] = {}
    hits = asked = 0
    for number, record in enumerate(records):
        read = decode_cores(record.data)
        state = users.setdefault(read.subject, UserState())
        latest = tail(state)
        if number >= cut and (number - cut) % every == 0 and latest and read.cores:
            asked += 1
            hits += read.cores[0][0] in [found.item for found in scorer.recommend(latest, (), TOP)]
        state.fold(shard_number(record.position.shard), record.position.sequence_number, read.cores)
    return hits / max(asked, 1), asked


def _served(model: CovisitationModel, folder: Path, metrics: dict[str, dict[str, float]], timed: Steps) -> str:
    """The version that serves at the end."""
    clock, store = SystemClock(), MemoryModelStore(folder / "models")
    now_ms = clock.now_ms()
    exported = export(model, folder / "model", created_at_ms=now_ms, metrics=metrics, cost=timed.sums())
    publish_model(store, publishable(exported.folder, now_ms), exported.folder, check_stored)
    promote_model(store, clock, check_stored, exported.version)
    return exported.version
