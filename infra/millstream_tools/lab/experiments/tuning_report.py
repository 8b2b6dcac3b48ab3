"""The page and the figures of a tuning: the best knobs, the given model, and all trials."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from millstream.learning.evaluation.questions import Split
from millstream_tools.lab.experiments.report import About, head
from millstream_tools.lab.experiments.tuning import Searched, Tuning


@dataclass(frozen=True)
class Tried:
    """One choice of knobs. `folds` has the metric of each fold that was asked, all of them where it is `whole`."""

    number: int
    knobs: Mapping[str, Any]
    folds: Sequence[float]
    whole: bool
    refused: str
    seconds: Mapping[str, float]

    @property
    def value(self) -> float:
        """The mean of the folds."""
        return sum(self.folds) / len(self.folds)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "value": self.value if self.whole else None}


@dataclass(frozen=True)
class Tuned:
    """A model as it was before the search, and what was tried."""

    model: Searched
    before: Tried
    tried: Sequence[Tried]

    @property
    def best(self) -> Tried:
        """The best of all, the model before the search too."""
        return max((self.before, *(one for one in self.tried if one.whole)), key=lambda one: one.value)

    @property
    def to_paste(self) -> str:
        """The best as an entry of an experiment's `models`."""
        knobs = self.model.all_knobs(self.best.knobs)
        entry = {"name": self.model.name, "family": self.model.family, "knobs": knobs}
        return yaml.safe_dump([entry], sort_keys=False, allow_unicode=True)


def report(tuning: Tuning, about: About, folds: Sequence[Split], tuned: Sequence[Tuned]) -> str:
    """The page; nothing in it is written by hand."""
    lines = [
        *head(tuning.title, about),
        "",
        f"{tuning.validation} What counts is the mean of the folds' {tuning.metric}, the whole catalogue being ranked.",
        "",
        "| fold | rows to fit on | questions | protocol |",
        "| ---: | ---: | ---: | --- |",
        *(
            f"| {number} | {len(fold.train):,} | {len(fold.questions):,} | {fold.protocol} |"
            for number, fold in enumerate(folds, start=1)
        ),
        *(text for one in tuned for text in _section(one, tuning.metric, len(folds))),
    ]
    return "\n".join(lines) + "\n"


def as_json(tuning: Tuning, about: About, folds: Sequence[Split], tuned: Sequence[Tuned]) -> str:
    """The same for programs."""
    content = {
        "tuning": tuning.stated,
        **about.plain(),
        "folds": [
            {"protocol": fold.protocol, "fit_on": len(fold.train), "questions": len(fold.questions)} for fold in folds
        ],
        "models": [
            {
                "model": one.model.name,
                "family": one.model.family,
                "knobs": one.model.all_knobs(one.best.knobs),
                "before": one.before.plain(),
                "best": one.best.plain(),
                "tried": [trial.plain() for trial in one.tried],
            }
            for one in tuned
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _section(tuned: Tuned, metric: str, folds: int) -> list[str]:
    names = list(tuned.model.search)
    columns = [metric, *(f"fold {number}" for number in range(1, folds + 1)), *names]
    whole = sorted((one for one in tuned.tried if one.whole), key=lambda one: -one.value)
    rest = [one for one in tuned.tried if not one.whole]
    took = [sum(one.seconds[name] for one in (tuned.before, *tuned.tried)) for name in tuned.before.seconds]
    times = ", ".join(
        f"{name.removeprefix('trial, ')} {value:,.0f} s" for name, value in zip(tuned.before.seconds, took, strict=True)
    )
    gain = tuned.best.value - tuned.before.value
    summary = (
        f"{len(tuned.tried)} tried, {len(whole)} to the end; {times}. Best: {metric} {tuned.best.value:.4f}, "
        f"{gain:+.4f} to the one before the search."
    )
    return [
        "",
        f"## {tuned.model.name}",
        "",
        summary,
        "",
        "```yaml",
        tuned.to_paste.rstrip("\n"),
        "```",
        "",
        f"| trial | {' | '.join(columns)} | {' | '.join(f'{name} (s)' for name in tuned.before.seconds)} | |",
        f"| --- |{' ---: |' * (len(columns) + len(took))} --- |",
        _row("before", tuned.before, names, folds),
        *(_row(str(one.number), one, names, folds) for one in (*whole, *rest)),
    ]


def _row(label: str, tried: Tried, names: Sequence[str], folds: int) -> str:
    values = [f"{value:.4f}" for value in tried.folds] + [""] * (folds - len(tried.folds))
    mean = f"{tried.value:.4f}" if tried.whole else ""
    knobs = [str(tried.knobs.get(name, "")) for name in names]
    took = [f"{value:.1f}" for value in tried.seconds.values()]
    became = "" if tried.whole else tried.refused or f"ended after fold {len(tried.folds)}"
    return f"| {' | '.join([label, mean, *values, *knobs, *took, became])} |"
