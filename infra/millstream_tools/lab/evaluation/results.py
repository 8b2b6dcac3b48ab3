"""Results of models, as JSON and as Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers
from millstream.learning.evaluation.slices import WHOLE, slices
from millstream.learning.evaluation.statistics import SAMPLES, Interval, interval
from millstream.learning.interactions import Ints
from millstream_tools.lab.evaluation.beyond_accuracy import (
    Bucket,
    coverage,
    miscalibration,
    novelty,
    popularity_buckets,
)

METRICS = ("HR@1", "HR@5", "HR@10", "HR@20", "NDCG@10", "MRR@10", "Recall@10", "Recall@20", "Precision@10", "F1@10")
LIST_LENGTH = 10
"""Places that coverage, novelty and calibration look at."""


@dataclass(frozen=True)
class SliceResult:
    """The means over the questions of one slice with their intervals, and the properties of the lists."""

    questions: int
    metrics: Mapping[str, Interval]
    lists: Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """A model under a protocol. `buckets` are of the whole; `seconds` says what it took, by what was done."""

    model: str
    protocol: str
    slices: Mapping[str, SliceResult]
    buckets: Sequence[Bucket]
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """Published results. `source` is the publication; `protocol` has the differences, if any."""

    model: str
    source: str
    metrics: Mapping[str, float]
    protocol: str = ""


def measured(
    model: str,
    split: Split,
    answers: Answers,
    seed: int,
    metrics: Sequence[str] = METRICS,
    seconds: Mapping[str, float] | None = None,
    samples: int = SAMPLES,
) -> Measured:
    """Everything that is reported of a model's answers to a split's questions; `seed` is the bootstrap's."""
    counts = split.train.item_counts()
    parts: dict[str, SliceResult] = {}
    for name, part in slices(split, answers).items():
        means = {metric: interval(measure(part, metric), part.user, seed, samples) for metric in metrics}
        parts[name] = SliceResult(len(part), means, _lists(part, counts))
    buckets = popularity_buckets(answers, counts, LIST_LENGTH)
    return Measured(model, split.protocol, parts, buckets, dict(seconds or {}))


def _lists(answers: Answers, counts: Ints) -> dict[str, float]:
    return {
        f"coverage@{LIST_LENGTH}": coverage(answers.top, len(counts), LIST_LENGTH),
        f"novelty@{LIST_LENGTH}": novelty(answers.top, counts, LIST_LENGTH),
        f"miscalibration@{LIST_LENGTH}": miscalibration(popularity_buckets(answers, counts, LIST_LENGTH)),
    }


def as_json(about: Mapping[str, object], models: Sequence[Measured]) -> str:
    """`about` says what a reader needs to make the figures again: command, seed, data digest, machine."""
    return json.dumps({**about, "models": [_plain(model) for model in models]}, indent=2, ensure_ascii=False) + "\n"


def as_table(
    models: Sequence[Measured],
    metrics: Sequence[str] = ("HR@10", "NDCG@10"),
    lists: Sequence[str] = (),
    slice_name: str = WHOLE,
    published: Sequence[Published] = (),
) -> str:
    """A Markdown table: means and standard errors of one slice, then other measures; published results last.

    A model that was not asked anything in the slice has no row, and what a source does not give is empty.
    """
    timed = list(dict.fromkeys(what for model in models for what in model.seconds))
    head = ["model", *metrics, *lists, *(f"{what} (s)" for what in timed), *(["source"] if published else [])]
    rows = []
    for model in models:
        if part := model.slices.get(slice_name):
            means = [f"{part.metrics[name].mean:.4f} ± {part.metrics[name].standard_error:.4f}" for name in metrics]
            took = [f"{model.seconds[what]:.1f}" if what in model.seconds else "" for what in timed]
            here = ["measured here"] if published else []
            rows.append([model.model, *means, *(f"{part.lists[name]:.3f}" for name in lists), *took, *here])
    for other in published:
        figures = [f"{other.metrics[name]:.4f}" if name in other.metrics else "" for name in metrics]
        source = f"{other.source}; {other.protocol}" if other.protocol else other.source
        rows.append([other.model, *figures, *[""] * (len(lists) + len(timed)), source])
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _plain(model: Measured) -> dict[str, object]:
    return {
        "model": model.model,
        "protocol": model.protocol,
        "slices": {
            name: {
                "questions": part.questions,
                "metrics": {metric: mean._asdict() for metric, mean in part.metrics.items()},
                "lists": dict(part.lists),
            }
            for name, part in model.slices.items()
        },
        "popularity_buckets": [asdict(bucket) for bucket in model.buckets],
        "seconds": dict(model.seconds),
    }
