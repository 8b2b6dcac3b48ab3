"""Summaries of a stream: overall, over time, and for the part that every arm can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.ranking import Answers
from millstream.learning.evaluation.slices import WHOLE
from millstream.learning.evaluation.statistics import SAMPLES, Interval, interval
from millstream.learning.interactions import Flags, Floats
from millstream_tools.lab.evaluation.comparing import PerQuestion
from millstream_tools.lab.evaluation.prequential.arms import Played
from millstream_tools.lab.evaluation.prequential.stream import Stream

METRICS = ("HR@10", "NDCG@10", "Recall@20", "MRR@10", "MRR@20")
ANSWERABLE = "known item, not the first event of a session"
"""Items of the rows before the event's period, and before the cut, so that the part is the same for every arm."""

_MS = 1_000.0


@dataclass(frozen=True)
class Window:
    """The means of consecutive events; `first` counts events from the cut, `at` is its time in epoch seconds."""

    first: int
    at: float
    metrics: Mapping[str, float]
    unseen: float


@dataclass(frozen=True)
class Outcome:
    """A model in an arm. `unseen` is the share of events with an item that the model did not know.

    Milliseconds are of all cores, a mean over the events; what a refresh took is spread over them. None for an oracle,
    which works nothing out.
    """

    model: str
    arm: str
    slices: Mapping[str, Mapping[str, Interval]]
    questions: Mapping[str, int]
    windows: Sequence[Window]
    unseen: float
    ranking_ms: float | None
    learning_ms: float | None
    over_periods: Mapping[str, Mapping[str, float]]
    """By slice: the means of the calendar periods' means, if there are periods."""

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        means = {
            name: {metric: mean._asdict() for metric, mean in metrics.items()} for name, metrics in self.slices.items()
        }
        return {**asdict(self), "slices": means}


def outcome(model: str, arm: str, stream: Stream, played: Played, seed: int, samples: int = SAMPLES) -> Outcome:
    """Everything that is reported of one arm; `seed` is the bootstrap's."""
    values = per_event(stream, played)
    parts = {WHOLE: np.ones(len(stream), dtype=bool), ANSWERABLE: _answerable(stream)}
    taken = {name: part for name, part in parts.items() if part.any()}
    return Outcome(
        model=model,
        arm=arm,
        slices={
            name: {
                metric: interval(values.values[metric][part], values.user[part], seed, samples) for metric in METRICS
            }
            for name, part in taken.items()
        },
        questions={name: int(part.sum()) for name, part in taken.items()},
        windows=_windows(stream, values.values, ~played.known),
        unseen=float((~played.known).mean()),
        over_periods={name: _over_periods(stream, values.values, part) for name, part in taken.items()}
        if stream.knobs.period_days is not None
        else {},
        ranking_ms=_each(played.ranking_s, stream),
        learning_ms=_each(played.learning_s, stream),
    )


def per_event(stream: Stream, played: Played) -> PerQuestion:
    """The value of each metric per event, for `millstream lab compare`."""
    rows = stream.rows
    answers = Answers(
        rank=played.rank,
        question=np.arange(len(stream)),
        target=stream.data.item[rows],
        top=np.empty((len(stream), 0), np.int64),
        user=stream.data.user[rows],
    )
    return PerQuestion(stream.digest(), answers.user, {metric: measure(answers, metric) for metric in METRICS})


def _answerable(stream: Stream) -> Flags:
    return stream.known_items() & stream.within_sessions()


def _over_periods(stream: Stream, values: Mapping[str, Floats], part: Flags) -> dict[str, float]:
    """The mean over the periods of each period's mean; periods without events of the part are left out."""
    periods = [(stream.period[stream.rows] == one) & part for one in np.unique(stream.period[stream.rows])]
    means = {metric: [values[metric][one].mean() for one in periods if one.any()] for metric in METRICS}
    return {metric: float(np.mean(found)) for metric, found in means.items()}


def _windows(stream: Stream, values: Mapping[str, Floats], unseen: Flags) -> list[Window]:
    """The periods, or as many events each; the last one may be shorter."""
    return [
        Window(
            first=int(stream.rows[first] - stream.cut),
            at=float(stream.data.at[stream.rows[first]]),
            metrics={metric: float(values[metric][first:end].mean()) for metric in METRICS},
            unseen=float(unseen[first:end].mean()),
        )
        for first, end in pairwise(_bounds(stream))
    ]


def _bounds(stream: Stream) -> list[int]:
    """Where the windows begin among the evaluated events, and where the last one ends."""
    if stream.knobs.period_days is None:
        return [*range(0, len(stream), stream.knobs.window), len(stream)]
    return [0, *(np.flatnonzero(np.diff(stream.period[stream.rows])) + 1).tolist(), len(stream)]


def _each(seconds: float | None, stream: Stream) -> float | None:
    return None if seconds is None else seconds / len(stream) * _MS
