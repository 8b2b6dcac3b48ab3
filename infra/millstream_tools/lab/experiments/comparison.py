"""Two models of one or of two runs, question by question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from millstream_tools.lab.evaluation.comparing import PerQuestion, compared


def comparison(first: Path, second: Path, metrics: Sequence[str], seed: int) -> str:
    """A Markdown table with a row a metric. Raises InvalidInputError if the models were asked different questions."""
    one, other = PerQuestion.load(first), PerQuestion.load(second)
    lines = [
        f"| metric | {_named(first)} | {_named(second)} | difference | 95 % interval | p |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for metric in metrics:
        difference, p = compared(one, other, metric, seed)
        means = " | ".join(f"{values.mean():.4f}" for values in (one.values[metric], other.values[metric]))
        interval = f"{difference.low:+.4f} to {difference.high:+.4f}"
        lines.append(f"| {metric} | {means} | {difference.mean:+.4f} | {interval} | {p:.3f} |")
    return "\n".join(lines) + "\n"


def _named(path: Path) -> str:
    """The protocol's and the model's file name: either alone may be the same in both."""
    return f"{path.parent.name}/{path.stem}"
