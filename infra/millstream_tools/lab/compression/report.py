"""The table of what each way costs and saves, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from millstream.learning.evaluation.statistics import Interval, PairedDifference
from millstream_tools.lab.compression.measuring import ASKED_A_ROUND, ROUNDS
from millstream_tools.lab.experiments.report import About, head

LOSS_OF = "NDCG@10"
_METRICS = ("HR@10", LOSS_OF)


@dataclass(frozen=True)
class Measures:
    """A model as it is served; `size` in bytes, None where it has no graph."""

    name: str
    size: int | None
    cpu_ms: float
    metrics: Mapping[str, Interval]


@dataclass(frozen=True)
class Row:
    """A smaller model beside the one it was made from; `differences` are its metrics less the other's."""

    measures: Measures
    way: str
    knobs: Mapping[str, Any]
    most_loss: float
    differences: Mapping[str, PairedDifference]
    seconds: Mapping[str, float]

    def loss(self, before: Measures) -> float:
        """The share of the original's NDCG@10 that is gone; below 0 where there is more."""
        whole = before.metrics[LOSS_OF].mean
        return 1 - self.measures.metrics[LOSS_OF].mean / whole if whole else 0.0

    def kept(self, before: Measures) -> bool:
        """Whether it may be published."""
        return self.loss(before) <= self.most_loss


@dataclass(frozen=True)
class Table:
    """Results and conditions of a measurement."""

    title: str
    about: About
    protocol: str
    questions: int
    before: Measures
    rows: Sequence[Row]

    def verdict(self, row: Row) -> str:
        """In words, whether a model was kept."""
        lost = f"{row.loss(self.before):.2%} of {LOSS_OF} lost, {row.most_loss:.2%} allowed"
        return f"{'kept' if row.kept(self.before) else 'refused'}: {lost}"

    def as_json(self) -> str:
        """For programs."""
        content = {
            **self.about.plain(),
            "protocol": self.protocol,
            "questions": self.questions,
            "before": _plain(self.before),
            "models": [
                {
                    **_plain(row.measures),
                    "way": row.way,
                    "knobs": dict(row.knobs),
                    "differences": {
                        name: {**one.interval._asdict(), "p": one.p} for name, one in row.differences.items()
                    },
                    "loss": row.loss(self.before),
                    "most_loss": row.most_loss,
                    "kept": row.kept(self.before),
                    "seconds": dict(row.seconds),
                }
                for row in self.rows
            ],
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def as_markdown(self) -> str:
        """The page; nothing in it is written by hand."""
        columns = ("model", "bytes", "of the original", "CPU (ms)", "of the original", "HR@10", "NDCG@10")
        compared = ("NDCG@10 kept", "difference, 95 % interval", "p", "verdict", "made in (CPU s)")
        lines = [
            *head(self.title, self.about),
            "",
            f"{self.protocol}: {self.questions:,} questions, the whole catalogue ranked, by the graph that is served.",
            "± is one standard error, and the interval is of the paired difference, both by bootstrap over the users.",
            f"CPU is of one answer on one thread, the median of {ROUNDS} rounds of {ASKED_A_ROUND} questions in which",
            "the models take turns. Bytes are those of the graph and its matrices.",
            "",
            f"| {' | '.join([*columns, *compared])} |",
            f"| --- |{' ---: |' * (len(columns) + 2)} ---: | --- | ---: |",
            _line(self.before, self.before, ["", "", "", "original", ""]),
            *(self._line(row) for row in self.rows),
            "",
            "| model | way | knobs |",
            "| --- | --- | --- |",
            *(f"| {row.measures.name} | {row.way} | {_told(row.knobs)} |" for row in self.rows),
        ]
        return "\n".join(lines) + "\n"

    def _line(self, row: Row) -> str:
        difference = row.differences[LOSS_OF]
        cells = [
            f"{1 - row.loss(self.before):.2%}",
            f"{difference.interval.low:+.4f} to {difference.interval.high:+.4f}",
            f"{difference.p:.3f}",
            self.verdict(row),
            f"{row.seconds['CPU']:.0f}",
        ]
        return _line(row.measures, self.before, cells)


def _line(measures: Measures, before: Measures, cells: Sequence[str]) -> str:
    size = "" if measures.size is None else f"{measures.size:,}"
    share = "" if measures.size is None or before.size is None else f"{measures.size / before.size:.2f}"
    means = [f"{measures.metrics[name].mean:.4f} ± {measures.metrics[name].standard_error:.4f}" for name in _METRICS]
    times = [f"{measures.cpu_ms:.3f}", f"{measures.cpu_ms / before.cpu_ms:.2f}"]
    return f"| {' | '.join([measures.name, size, share, *times, *means, *cells])} |"


def _plain(measures: Measures) -> dict[str, Any]:
    metrics = {name: one._asdict() for name, one in measures.metrics.items()}
    return {"name": measures.name, "bytes": measures.size, "cpu_ms": measures.cpu_ms, "metrics": metrics}


def _told(knobs: Mapping[str, Any]) -> str:
    """Knobs in words; a mapping within them in brackets."""
    told = (
        f"{name} ({_told(value)})" if isinstance(value, Mapping) else f"{name} {value}" for name, value in knobs.items()
    )
    return ", ".join(told) or "defaults"
