"""The benchmarks run: nothing here is timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.catalogue import NAMES, benchmark
from tests.bench.reporting import Gate, Report, Table, markdown, write_json
from tests.bench.trace import Step, Visitors, calls, full_calls, steps


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_fills_its_tables(name: str, tmp_path: Path) -> None:
    """At the smallest size; every row has a cell for each column, and the figures can be kept."""
    if name == "encoder":
        pytest.importorskip("torch", reason="the extra neural is not installed")
    report = benchmark(name)(tiny=True)
    assert report.name == name
    for table in report.tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
    write_json([report], tmp_path / "kept.json")
    assert json.loads((tmp_path / "kept.json").read_text())["reports"][0]["name"] == name


def test_accept_events_stays_lean() -> None:
    """It imports neither numpy nor onnxruntime nor pynamodb."""
    assert all(gate.met for gate in benchmark("imports")(tiny=True).gates)


def test_every_user_row_costs_one_write_unit() -> None:
    """With a hundred events and all remembered tags, attribute names included."""
    (gate,) = (gate for gate in benchmark("rows")(tiny=True).gates if "one unit" in gate.promise)
    assert gate.met, gate.measured


def test_the_trace_is_the_same_each_time() -> None:
    """And nobody has two sessions at once."""
    visitors = Visitors(at_once=5, users=8, items=10)
    first, second = ([step for step, _ in zip(steps(visitors), range(500), strict=False)] for _ in range(2))
    assert first == second
    going_on: dict[str, str] = {}
    for step in first:
        assert going_on.setdefault(step.user, step.session) == step.session
        if step.last:
            del going_on[step.user]


def test_calls_keep_every_event_in_its_users_order() -> None:
    """However they are packed; none is longer than allowed, and each is of one user."""
    visitors = Visitors(at_once=5, users=8, items=10)
    trace = [step for step, _ in zip(steps(visitors), range(500), strict=False)]
    for packing, most in ((calls(iter(trace), 10), 10), (full_calls(iter(trace), 20), 20)):
        packed = list(packing)
        assert max(map(len, packed)) == most
        assert all(len({step.user for step in call}) == 1 for call in packed)
        for user in {step.user for step in trace}:
            sent = [step for call in packed for step in call if step.user == user]
            assert sent == _of(trace, user)[: len(sent)]


def test_a_report_becomes_markdown() -> None:
    """As it stands in README.md."""
    table = Table("Sizes", ("", "bytes"), (("row", 1012), ("part", 0.25)))
    text = markdown(Report("sizes", (table,), (Gate("small", "1,012", met=False),)))
    assert text.splitlines() == [
        "**Sizes**",
        "",
        "|  | bytes |",
        "| --- | ---: |",
        "| row | 1,012 |",
        "| part | 0.25 |",
        "",
        "* **missed**: small: 1,012",
    ]


def _of(trace: list[Step], user: str) -> list[Step]:
    return [step for step in trace if step.user == user]
