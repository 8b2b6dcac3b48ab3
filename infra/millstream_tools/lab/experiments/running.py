"""Run an experiment: read, prepare, split, fit, evaluate, and write the results."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import answer
from millstream.learning.families.fitting import fit
from millstream.learning.interactions import Floats, Interactions
from millstream.learning.preparation import Learned, Step, count, prepare
from millstream.learning.stopwatch import Stopwatch
from millstream_tools.lab.data.data_folder import use
from millstream_tools.lab.data.simulated import simulated
from millstream_tools.lab.evaluation.comparing import PerQuestion
from millstream_tools.lab.evaluation.results import METRICS, Measured, as_json, measured
from millstream_tools.lab.experiments import plots
from millstream_tools.lab.experiments.experiment import Experiment, Model
from millstream_tools.lab.experiments.files import slug
from millstream_tools.lab.experiments.report import About, Section, report
from millstream_tools.lab.experiments.source import Source
from millstream_tools.lab.experiments.streaming import ORACLE, StreamSection, streamed
from millstream_tools.lab.models.families import create

LIBRARIES = ("numpy", "scipy", "implicit")
_WHERE_INSTALLED = ("torch",)


@dataclass(frozen=True)
class Written:
    """The files of a run."""

    report: Path
    figures: Path
    plots: tuple[Path, ...] = ()


def run(
    experiment: Experiment, data: Path, into: Path, checkpoints: Path, command: str, say: Callable[[str], None]
) -> Written:
    """Measure every model under every protocol: `NAME.md`, `NAME.json`, `NAME.png` and, for comparisons, `NAME/*.npz`.

    `data` is the folder with all data. `say` is called for each finished model. An interrupted run resumes, as far
    as models keep `checkpoints`; the seconds that are told are of all runs.
    """
    interactions, about = prepared(experiment.data, experiment.preparation, data, command=command, seed=experiment.seed)
    sections: list[Section | StreamSection] = []
    for protocol in experiment.protocols:
        answers = into / experiment.name / slug(protocol.name)
        if not protocol.cuts:
            truth = _truth(experiment)
            sections.append(streamed(protocol, interactions, truth, experiment.models, experiment.seed, answers, say))
            continue
        split = protocol.split(interactions)
        say(f"{protocol.name}: {len(split.train):,} rows to fit on, {len(split.questions):,} questions")
        models = [_measured(model, split, experiment.seed, answers, checkpoints, say) for model in experiment.models]
        sections.append(Section(protocol, models))
    return _write(experiment, about, sections, into)


def prepared(
    source: Source, steps: Sequence[Step], data: Path, *, command: str, seed: int, libraries: Sequence[str] = LIBRARIES
) -> tuple[Interactions, About]:
    """The data, cleaned, and what it takes to make figures on it again; `data` is the folder with all data."""
    use(data)
    rows = source.rows(data)
    interactions, taken = prepare(rows.interactions, [Learned(), *steps])
    return interactions, About(
        command=command,
        seed=seed,
        data_file=source.name,
        data_sha256=source.digest(data),
        data_counts=count(interactions),
        preparation=[*rows.said, *(str(step) for step in taken)],
        libraries={name: version(name) for name in (*libraries, *_WHERE_INSTALLED) if find_spec(name)},
        cores=os.cpu_count() or 1,
        load_before=os.getloadavg()[0],
        made_up=source.made_up,
    )


def _truth(experiment: Experiment) -> Floats | None:
    """The true rank of every row, where it is known: of what is made up, as it is."""
    made_up = experiment.data.made_up and not experiment.preparation
    return simulated(experiment.data.simulated_shop or {}).rank if made_up else None


def _measured(
    model: Model, split: Split, seed: int, answers: Path, checkpoints: Path, say: Callable[[str], None]
) -> Measured:
    recommender = create(model.family, model.knobs)
    fitted = fit(recommender, split.train, seed, checkpoints)
    asking = Stopwatch()
    given = answer(recommender, split.questions)
    seconds = fitted.named("fit") | asking.seconds().named("ask")
    answers.mkdir(parents=True, exist_ok=True)
    PerQuestion.of(split, given, METRICS).save(answers / f"{slug(model.name)}.npz")
    result = measured(model.name, split, given, seed, seconds=seconds)
    means = result.slices["all"].metrics
    say(f"  {model.name}: HR@10 {means['HR@10'].mean:.4f}, NDCG@10 {means['NDCG@10'].mean:.4f}, {_words(seconds)}")
    return result


def _write(experiment: Experiment, about: About, sections: Sequence[Section | StreamSection], into: Path) -> Written:
    name = experiment.name
    drawn = _draw(name, sections, into)
    written = Written(into / f"{name}.md", into / f"{name}.json", tuple(dict.fromkeys(drawn)))
    streams = [one.plain() for one in sections if isinstance(one, StreamSection)]
    content: dict[str, Any] = {"experiment": experiment.stated, **about.plain()}
    content |= {"streams": streams} if streams else {}
    models = [model for one in sections if isinstance(one, Section) for model in one.models]
    page = report(experiment.title, about, sections, [plot.name for plot in drawn])
    written.report.write_text(page, encoding="utf-8")
    written.figures.write_text(as_json(content, models), encoding="utf-8")
    return written


def _draw(name: str, sections: Sequence[Section | StreamSection], into: Path) -> list[Path]:
    """The picture of each section; all but streams share one."""
    tables = {one.protocol.name: (one.models, one.protocol.published) for one in sections if isinstance(one, Section)}
    if tables:
        plots.bars(tables, into / f"{name}.png")
    drawn = []
    for one in sections:
        alone = isinstance(one, Section) or len(sections) == 1
        drawn.append(into / (f"{name}.png" if alone else f"{name}-{slug(one.protocol.name)}.png"))
        if isinstance(one, StreamSection):
            plots.lines(one.outcomes, one.window, ORACLE, drawn[-1])
    return drawn


def _words(seconds: dict[str, float]) -> str:
    return ", ".join(f"{what} {value:.1f} s" for what, value in seconds.items())
