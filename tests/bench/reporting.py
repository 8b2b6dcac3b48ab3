"""What a benchmark says: tables for people, JSON for comparing runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from tests.bench.machine import described

Cell = str | float


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Gate:
    """A promise with a number: what was promised, what was measured."""

    promise: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Report:
    """The outcome of one benchmark."""

    name: str
    tables: tuple[Table, ...]
    gates: tuple[Gate, ...] = ()


def show(report: Report, console: Console) -> None:
    """Print the tables and whether the promises hold."""
    for table in report.tables:
        shown = RichTable(title=table.title, title_justify="left")
        for number, column in enumerate(table.columns):
            shown.add_column(column, justify="right" if number else "left", no_wrap=not number)
        for row in table.rows:
            shown.add_row(*map(_text, row))
        console.print(shown)
    for gate in report.gates:
        console.print(f"{'met   ' if gate.met else 'MISSED'}  {gate.promise}: {gate.measured}", highlight=False)


def markdown(report: Report) -> str:
    """The tables as README.md has them."""
    lines: list[str] = []
    for table in report.tables:
        lines += [f"**{table.title}**", "", _line(table.columns), _line(("---", *["---:"] * (len(table.columns) - 1)))]
        lines += [*(_line([_text(cell) for cell in row]) for row in table.rows), ""]
    lines += [f"* {'met' if gate.met else '**missed**'}: {gate.promise}: {gate.measured}" for gate in report.gates]
    return "\n".join(lines) + "\n"


def write_json(reports: Sequence[Report], path: Path) -> None:
    """Keep the reports with the machine that they hold for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": described(), "reports": [asdict(report) for report in reports]}
    path.write_text(json.dumps(content, indent=2) + "\n")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(cell: Cell) -> str:
    """Three digits that count."""
    if isinstance(cell, str):
        return cell
    return f"{cell:,.0f}" if abs(cell) >= 100 or cell == int(cell) else f"{cell:.3g}"
