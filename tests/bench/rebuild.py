"""What a rebuild costs in CPU time, step by step; how that grows with the log; and how much memory it takes.

The log is a trace in an archive on this machine's disk, and rows go into memory: what S3 and DynamoDB cost is not in
here. Each figure is of a process of its own, so that the peak of its memory is its own too. No peer folds a log into
rows that can be compared byte by byte; Metarank, which replays history into its state, publishes 1,000 to 3,000 events
a second for its import, on a machine of its authors' (https://docs.metarank.ai/introduction/performance).
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import linear_regression, median

from tests.bench.reporting import Cell, Gate, Report, Table

ROOT = Path(__file__).parents[2]
PROMISED_A_SECOND = 50_000
PROMISED_SLOPE = 1.05
PROMISED_GROWTH = 1.1
PUBLISHED_BY_METARANK = "1,000 to 3,000"
STEPS = ("read the archive and divide it", "fold the users", "fold the trend", "write and check the rows")


@dataclass(frozen=True)
class Size:
    """How long the logs are, how many events a record of the longest may have, and how many users come.

    So few that their rows are full long before the log ends: then only a longer log can make memory grow.
    """

    lengths: tuple[int, ...] = (1_000, 10_000, 100_000, 300_000, 1_000_000)
    most_events_a_record: tuple[int, ...] = (1, 10)
    rounds: int = 3
    users: int = 600


FULL = Size()
TINY = Size(lengths=(100, 200), most_events_a_record=(1,), rounds=1, users=60)


@dataclass(frozen=True)
class Measured:
    """One rebuild: events, records, users, CPU seconds of each step, and the peak of its memory in bytes."""

    events: int
    records: int
    users: int
    archived_bytes: int
    seconds: tuple[float, ...]
    memory: int

    @property
    def fold_a_second(self) -> float:
        """Events that are folded, into users and trend, in a second of one core."""
        return self.events / (self.seconds[1] + self.seconds[2])

    @property
    def all_a_second(self) -> float:
        """Events that are rebuilt in a second of one core, all steps."""
        return self.events / sum(self.seconds)


def run(size: Size = FULL) -> Report:
    """Measure each length with one event a record, and the longest with more."""
    with tempfile.TemporaryDirectory() as folder:
        grown = [_measured(Path(folder), length, 1, size) for length in size.lengths]
        cuts = {1: grown[-1]} | {
            most: _measured(Path(folder), size.lengths[-1], most, size) for most in size.most_events_a_record[1:]
        }
    slope = _slope(grown)
    longer, growth = grown[-1].events / grown[-2].events, grown[-1].memory / grown[-2].memory
    return Report(
        "rebuild",
        (_steps_table(cuts), _growth_table(grown)),
        (
            *(_speed_gate(most, one) for most, one in cuts.items()),
            Gate(
                f"log-log slope of CPU over length: at most {PROMISED_SLOPE}", f"{slope:.3f}", slope <= PROMISED_SLOPE
            ),
            Gate(
                f"{longer:.1f} times the events, the same users: at most {PROMISED_GROWTH} times the memory",
                f"{growth:.3f} times",
                growth <= PROMISED_GROWTH,
            ),
        ),
    )


def _measured(folder: Path, events: int, most: int, size: Size) -> Measured:
    """The median of each step over the rounds, each in a process of its own over the same archive."""
    archive = folder / f"{events}-{most}"
    _in_a_process("archive", archive, events, most, size.users)
    once = [json.loads(_in_a_process("rebuild", archive)) for _ in range(size.rounds)]
    seconds = tuple(median(one["seconds"][step] for one in once) for step in range(len(STEPS)))
    first = once[0]
    return Measured(
        first["events"],
        first["records"],
        first["users"],
        first["archived_bytes"],
        seconds,
        min(one["memory"] for one in once),
    )


def _in_a_process(*arguments: object) -> bytes:
    command = [sys.executable, "-m", "tests.bench.rebuild_once", *map(str, arguments)]
    return subprocess.check_output(command, cwd=ROOT)


def _slope(grown: Sequence[Measured]) -> float:
    logs = [(math.log(one.events), math.log(sum(one.seconds))) for one in grown]
    return linear_regression(*zip(*logs, strict=True)).slope


def _steps_table(cuts: dict[int, Measured]) -> Table:
    columns = ("", *(f"at most {most} a record" for most in cuts))
    lines: dict[str, Callable[[Measured], Cell]] = {
        **{step: partial(_microseconds, number) for number, step in enumerate(STEPS)},
        "all": lambda one: 1e6 * sum(one.seconds) / one.events,
        "events folded a second of one core": lambda one: f"{one.fold_a_second:,.0f}",
        "events rebuilt a second of one core": lambda one: f"{one.all_a_second:,.0f}",
        "Metarank's import, events a second, published": lambda _: PUBLISHED_BY_METARANK,
        "events": lambda one: f"{one.events:,}",
        "records": lambda one: f"{one.records:,}",
        "bytes in the archive for each event": lambda one: one.archived_bytes / one.events,
    }
    rows = tuple((name, *map(cell, cuts.values())) for name, cell in lines.items())
    return Table("CPU of a rebuild, µs an event", columns, rows)


def _microseconds(step: int, one: Measured) -> float:
    return 1e6 * one.seconds[step] / one.events


def _growth_table(grown: Sequence[Measured]) -> Table:
    rows = [
        (f"{one.events:,}", f"{one.users:,}", sum(one.seconds), 1e6 * sum(one.seconds) / one.events, one.memory / 2**20)
        for one in grown
    ]
    return Table("A longer log", ("events", "users", "CPU s", "µs an event", "peak memory, MiB"), tuple(rows))


def _speed_gate(most: int, one: Measured) -> Gate:
    promise = f"at most {most} a record: at least {PROMISED_A_SECOND:,} events folded a second of one core"
    return Gate(promise, f"{one.fold_a_second:,.0f}", one.fold_a_second >= PROMISED_A_SECOND)
