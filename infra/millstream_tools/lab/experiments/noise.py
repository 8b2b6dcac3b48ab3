"""The cost of accidental clicks for a model, and countermeasures, in a simulated shop that knows which they are.

    python -m millstream_tools.lab.experiments.noise --into docs/results

Customers walk from item to item. In one shop they slip now and then: a click on a random item, left within a second. In
the other they look at random items for as long as at those they mean, which no rule can tell. Models are fitted on
that, and asked about customers who mean every click. There are few customers, and the sequence models are trained
without a look at held-out users: those that are trained for long learn the noise by heart, if they can.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Questions
from millstream.learning.evaluation.ranking import answer
from millstream.learning.interactions import Interactions
from millstream.learning.preparation import AccidentalClicks, Step, prepare
from millstream.learning.stopwatch import Stopwatch
from millstream_tools.lab.models.families import create

ITEMS, USERS, STEPS, ASKED = 40, 80, 12, 300
SHARES = (0.0, 0.4)
SEEDS = (1, 2, 3)
METRIC = "NDCG@10"
COMMAND = "python -m millstream_tools.lab.experiments.noise --into docs/results"
SHORT, LONG = 12, 30
"""Epochs."""

Noise = Literal["slips", "looks"]


@dataclass(frozen=True)
class Way:
    """A model, the noise in its training data, and the countermeasure."""

    name: str
    noise: Noise
    family: str
    knobs: Mapping[str, Any]
    steps: tuple[Step, ...] = ()


def _read(epochs: int, robustness: float) -> Way:
    """A sequence model, fitted on looks."""
    knobs = {"width": 32, "blocks": 2, "window": 12, "batch": 16, "warmup": 10, "learning_rate": 0.005}
    alone = {"dropout": 0.0, "held_out": 0.0, "epochs": epochs, "patience": epochs, "robustness": robustness}
    name = f"looks: sequence model, {epochs} epochs, " + (f"robustness {robustness}" if robustness else "cross-entropy")
    return Way(name, "looks", "sequence", knobs | alone)


AS_IT_IS = Way("slips: co-visitation", "slips", "covisitation", {})
CLEANED = Way("slips: co-visitation, without accidental clicks", "slips", "covisitation", {}, (AccidentalClicks(),))
BY_HEART, ROBUST = _read(LONG, 0.0), _read(LONG, 0.7)
WAYS = (AS_IT_IS, CLEANED, _read(SHORT, 0.0), _read(SHORT, 0.7), BY_HEART, ROBUST)


def shop(noise: Noise, share: float, seed: int, users: int = USERS) -> Interactions:
    """Clicks of which this share, at most a half, is random: a slip before the click that is meant, or in its place."""
    draw = np.random.default_rng((seed, users))
    rows: list[tuple[float, int, int]] = []
    for user in range(users):
        item, now = int(draw.integers(ITEMS)), float(draw.uniform(0, 86_400))
        for _ in range(STEPS):
            clicked = item
            if noise == "slips" and draw.random() < share / (1 - share):
                rows.append((now, user, int(draw.integers(ITEMS))))
                now += 1
            if noise == "looks" and draw.random() < share:
                clicked = int(draw.integers(ITEMS))
            rows.append((now, user, clicked))
            now += float(draw.uniform(20, 60))
            item = (item + int(draw.choice([1, 2, 5], p=[0.6, 0.3, 0.1]))) % ITEMS
    at, user_of, item_of = zip(*sorted(rows), strict=True)
    names = ([f"user-{number}" for number in range(users)], [f"item-{number}" for number in range(ITEMS)])
    return Interactions(np.array(user_of, np.int64), np.array(item_of, np.int64), np.array(at), *names)


def questions() -> Questions:
    """The last item of customers who are not in the training and mean every click, after the others."""
    walks = shop("slips", 0.0, seed=0, users=ASKED).histories()
    shown = [walk[:-1] for walk in walks]
    return Questions(np.arange(ASKED), shown, [walk[-1:] for walk in walks], [walk[:0] for walk in walks])


def accuracy(way: Way, share: float, seed: int) -> float:
    """The metric of a model that was fitted on such a shop."""
    data, _ = prepare(shop(way.noise, share, seed), way.steps)
    model = create(way.family, way.knobs)
    model.fit(data, seed)
    return float(measure(answer(model, questions()), METRIC).mean())


def table(found: Mapping[str, Mapping[float, Sequence[float]]]) -> str:
    """Means over the seeds, and the smallest and the largest."""
    lines = [f"| {METRIC} by the share of random clicks | {' | '.join(f'{share:.0%}' for share in SHARES)} |"]
    lines.append(f"| --- |{' ---: |' * len(SHARES)}")
    for name, by_share in found.items():
        cells = [f"{np.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})" for values in by_share.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure every way and write `noise.md` and `noise.json`."""
    parser = argparse.ArgumentParser(prog="python -m millstream_tools.lab.experiments.noise", description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(".millstream") / "lab", help="the folder of all results")
    into: Path = parser.parse_args().into
    torch.set_num_threads(1)
    watch, load = Stopwatch(), os.getloadavg()[0]
    found = {way.name: {share: [accuracy(way, share, seed) for seed in SEEDS] for share in SHARES} for way in WAYS}
    took = watch.seconds()
    written = (
        f"Written by `{COMMAND}` in {took.wall:.0f} s, CPU {took.cpu:.0f} s. Made-up data: {USERS} customers, "
        f"{ITEMS} items; seeds {', '.join(map(str, SEEDS))} (their mean, the smallest and the largest); torch "
        f"{torch.__version__}, load {load:.1f} before the run. The module says what is measured."
    )
    page = ["# What clicks that were not meant cost, and what helps", "", written, "", table(found)]
    content = {"command": COMMAND, "seeds": SEEDS, "metric": METRIC, "seconds": took.named()}
    into.mkdir(parents=True, exist_ok=True)
    (into / "noise.md").write_text("\n".join(page) + "\n", encoding="utf-8")
    (into / "noise.json").write_text(json.dumps({**content, "found": found}, indent=2) + "\n", encoding="utf-8")
    print(into / "noise.md")


if __name__ == "__main__":
    main()
