"""Import: rows of a file become the bytes of log records: read, checked, sorted on disk, grouped, encoded.

The rows are those of the seeded trace, shuffled within a minute, as exports are. The idiomatic peer is csv.DictReader
with a pydantic model a row; the strong one is csv.reader without checks. Both sort in memory and write one JSON object
an event: they make no pseudonyms, no event ids, no keys, and name no row that is wrong.
"""

from __future__ import annotations

import csv
import itertools
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.csv as pa_csv  # type: ignore[import-untyped]  # pyarrow ships no type information
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]  # the same

from millstream.application.replay.progress import silently
from millstream.domain.log.records import encode
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.readers.reading import ReadHistory
from millstream_tools.readers.records import as_records
from tests.bench.measuring import Contender, Timing, measured
from tests.bench.peers.plain_import import import_checked, import_unchecked
from tests.bench.reporting import Gate, Report, Table
from tests.bench.trace import START_MS, USUAL_VISITORS, Step, steps

PROMISED_ROWS_A_SECOND = 20_000
PROMISED_GROWTH = 1.15
COLUMNS = {"user": "user", "item": "item", "time": "time", "event_type": "kind", "session": "session"}
LATE_ROWS = 12_000
"""Rows among which the order is lost: a minute of the trace."""


@dataclass(frozen=True)
class Size:
    """Rows of the files that are compared, of the files whose memory is, and how often."""

    rows: int = 100_000
    small: int = 100_000
    large: int = 500_000
    rounds: int = 5


FULL = Size()
TINY = Size(rows=200, small=200, large=400, rounds=1)


def run(size: Size = FULL) -> Report:
    """Measure the peers and three kinds of files in one process, and the memory in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="millstream-bench-") as name:
        folder = Path(name)
        files = _files(folder, size.rows)
        timings = measured(
            [
                _contender("DictReader + pydantic, in memory (idiomatic peer)", import_checked, files["csv"]),
                _contender("csv.reader, no checks, in memory (strong peer)", import_unchecked, files["csv"]),
                _contender("Millstream, CSV", import_file, files["csv"]),
                _contender("Millstream, JSON lines", import_file, files["jsonl"]),
                _contender("Millstream, Parquet", import_file, files["parquet"]),
            ],
            size.rounds,
        )
        peaks = {rows: _peak_mb(_files(folder, rows)["csv"]) for rows in (size.small, size.large)}
    return Report("importing", (_speeds(timings, size.rows), _memory(peaks)), _gates(timings, peaks, size))


def import_file(path: Path) -> int:
    """Millstream's own code, from the file to the bytes of the records; how many these are."""
    with tempfile.TemporaryDirectory() as folder:
        read = ReadHistory(read_mapping(None, COLUMNS), b"a secret", silently, lambda _: None, max_rejects=0)
        history = read([path], now_ms=2 * START_MS, folder=Path(folder))
        return sum(len(encode(record)) for record in as_records(history.rows))


def _contender(name: str, work: Callable[[Path], int], path: Path) -> Contender:
    return Contender(name, lambda: lambda: work(path))


def _speeds(timings: list[Timing], rows: int) -> Table:
    cells = (
        (one.name, rows / one.median, 1e6 * one.median / rows, one.ratio_to(timings[0]), one.ratio_to(timings[1]))
        for one in timings
    )
    columns = ("", "rows/s on one core", "µs/row median", "idiomatic ÷ this", "strong ÷ this")
    return Table(f"CPU per row, import of {rows:,} rows", columns, tuple(cells))


def _memory(peaks: dict[int, float]) -> Table:
    cells = ((f"{rows:,} rows", megabytes) for rows, megabytes in peaks.items())
    return Table("Peak memory of a process that imports a CSV file", ("", "MB"), tuple(cells))


def _gates(timings: list[Timing], peaks: dict[int, float], size: Size) -> tuple[Gate, ...]:
    slowest = min(size.rows / one.median for one in timings[2:])
    grown = peaks[size.large] / peaks[size.small]
    return (
        Gate(
            f"at least {PROMISED_ROWS_A_SECOND:,} rows a second on one core, from any kind of file",
            f"{slowest:,.0f}",
            slowest >= PROMISED_ROWS_A_SECOND,
        ),
        Gate(
            f"{size.large / size.small:g} times the rows need at most {PROMISED_GROWTH:g} times the memory",
            f"{grown:.2f} times",
            grown <= PROMISED_GROWTH,
        ),
    )


def _files(folder: Path, rows: int) -> dict[str, Path]:
    """The same rows as CSV, JSON lines and Parquet."""
    files = {kind: folder / f"history-{rows}.{kind}" for kind in ("csv", "jsonl", "parquet")}
    with files["csv"].open("w", newline="") as as_csv, files["jsonl"].open("w") as as_json:
        writer = csv.DictWriter(as_csv, ("user", "item", "time", "kind", "session"))
        writer.writeheader()
        for row in _rows(rows):
            writer.writerow(row)
            as_json.write(json.dumps(row) + "\n")
    pa_parquet.write_table(pa_csv.read_csv(files["csv"]), files["parquet"])
    return files


def _rows(many: int) -> Iterator[dict[str, object]]:
    """The trace, its order lost within a minute."""
    chance, trace = random.Random(many), itertools.islice(steps(USUAL_VISITORS), many)
    while some := list(itertools.islice(trace, LATE_ROWS)):
        chance.shuffle(some)
        yield from map(_row, some)


def _row(step: Step) -> dict[str, object]:
    return {
        "user": step.user,
        "item": step.item,
        "time": step.at_ms / 1000,
        "kind": step.kind.name,
        "session": step.session,
    }


def _peak_mb(path: Path) -> float:
    """In a process of its own."""
    code = (
        "import sys; from pathlib import Path; from tests.bench.importing import import_file; "
        "from tests.bench.machine import peak_memory; import_file(Path(sys.argv[1])); print(peak_memory())"
    )
    return int(subprocess.check_output([sys.executable, "-c", code, str(path)])) / 2**20
