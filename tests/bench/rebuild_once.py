"""One step of the benchmark in a process of its own, whose peak of memory is that of the step alone.

python -m tests.bench.rebuild_once archive FOLDER EVENTS MOST USERS     make an archive
python -m tests.bench.rebuild_once rebuild FOLDER                       rebuild from it, and say in JSON what it took
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.local.folder_workspace import FolderWorkspace
from millstream.adapters.memory import MemoryViews
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import LogRecord
from millstream.application.replay.plan import Choices
from millstream.application.replay.progress import Advance
from millstream.application.replay.rebuild import Rebuild
from millstream.domain.log.positions import Position
from tests.bench.bucket import FolderBucket
from tests.bench.kinesis import SHARD, packed
from tests.bench.machine import peak_memory
from tests.bench.trace import Visitors, calls, steps

RECORDS_AN_OBJECT = 5_000
DAY = "2026-11-22"
STEP_OF = {
    "Reading the live rows": 3,
    "Reading the archive": 0,
    "Reading the stream": 0,
    "Folding the users": 1,
    "Folding the trends": 2,
    "Reading the new rows back": 3,
    "Catching up with the stream": 3,
}
"""Which of the benchmark's steps each step of the rebuild belongs to."""


def archived(folder: Path, events: int, most: int, users: int) -> None:
    """Put a trace into an archive."""
    archive = S3Archive(FolderBucket(folder), "bucket")
    trace = calls(itertools.islice(steps(Visitors(at_once=users // 3, users=users)), events), most)
    records = (LogRecord(Position(SHARD, number), *packed(call)) for number, call in enumerate(trace, 1))
    while some := list(itertools.islice(records, RECORDS_AN_OBJECT)):
        archive.store(some, DAY)


def rebuilt(folder: Path) -> dict[str, object]:
    """Rebuild from the archive; what it took."""
    seconds = [0.0] * 4

    @contextmanager
    def timed(step: str, total: int | None) -> Iterator[Advance]:
        began = time.process_time()
        yield lambda _: None
        seconds[STEP_OF[step]] += time.process_time() - began

    with tempfile.TemporaryDirectory() as workspace:
        archive = S3Archive(FolderBucket(folder), "bucket")
        run = Rebuild(MemoryViews(), archive, MemoryEventLog(), FolderWorkspace(Path(workspace)), "code", lambda: 1)
        done = run(timed, Choices(1))
    return {
        "events": done.tally.events,
        "records": done.tally.records,
        "users": done.rows,
        "archived_bytes": sum(slice_.stored_bytes for slice_ in archive.slices()),
        "seconds": seconds,
        "memory": peak_memory(),
    }


def main() -> None:
    """Read the command line."""
    if sys.argv[1] == "archive":
        archived(Path(sys.argv[2]), *map(int, sys.argv[3:]))
    else:
        print(json.dumps(rebuilt(Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
