"""Runs the models of an experiment over a stream, arm by arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from millstream.learning.interactions import Floats, Interactions
from millstream_tools.lab.bars import bar
from millstream_tools.lab.evaluation.prequential.arms import Played, arms_of, play
from millstream_tools.lab.evaluation.prequential.outcome import Outcome, outcome, per_event
from millstream_tools.lab.evaluation.prequential.stream import Stream, StreamKnobs
from millstream_tools.lab.experiments.experiment import Model, Protocol
from millstream_tools.lab.experiments.files import slug
from millstream_tools.lab.models.families import create

ORACLE = "oracle"
_TRUTH = "the shop's own chances"


@dataclass(frozen=True)
class StreamSection:
    """All models in all arms over one stream, which is `said` in words; `window` as in its knobs."""

    protocol: Protocol
    said: str
    window: int
    outcomes: Sequence[Outcome]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        outcomes = [one.plain() for one in self.outcomes]
        return {"name": self.protocol.name, "protocol": self.said, "window": self.window, "outcomes": outcomes}


def streamed(
    protocol: Protocol,
    data: Interactions,
    truth: Floats | None,
    models: Sequence[Model],
    seed: int,
    kept: Path,
    say: Callable[[str], None],
) -> StreamSection:
    """Each model in each arm that it can run in; with the `truth`, the rank of every row by it, also an oracle.

    `kept` is the folder of the values of each event, for comparisons. A bar shows how far it is, on a terminal.
    """
    stream = Stream(data, StreamKnobs(**protocol.knobs))
    say(f"{protocol.name}: {stream.cut:,} rows to fit on, {len(stream):,} events to ask for")
    kept.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for model in models:
        for arm in arms_of(create(model.family, model.knobs), stream.knobs.arms):
            watched = partial(bar, desc=f"{model.name}: {arm.name}", unit=" events")
            played = play(create(model.family, model.knobs), stream, arm, seed, watched)
            outcomes.append(_told(model.name, arm.name, stream, played, seed, kept, say))
    if truth is not None:
        everything = np.ones(len(stream), dtype=bool)
        played = Played(truth[stream.rows], everything, None, None)
        outcomes.append(_told(ORACLE, _TRUTH, stream, played, seed, kept, say))
    return StreamSection(protocol, stream.protocol, stream.knobs.window, outcomes)


def _told(
    model: str, arm: str, stream: Stream, played: Played, seed: int, kept: Path, say: Callable[[str], None]
) -> Outcome:
    per_event(stream, played).save(kept / f"{slug(model)}-{slug(arm)}.npz")
    result = outcome(model, arm, stream, played, seed)
    means = result.slices["all"]
    took = (
        "" if result.ranking_ms is None else f", {result.ranking_ms:.2f} ms to rank, {result.learning_ms:.2f} to learn"
    )
    say(f"  {model}, {arm}: HR@10 {means['HR@10'].mean:.4f}, NDCG@10 {means['NDCG@10'].mean:.4f}{took}")
    return result
