"""Makes a model smaller in several ways, measures each beside the model itself, and keeps those that lose little."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from millstream.domain.errors import InvalidInputError
from millstream.domain.models.cards import Cost
from millstream.learning.evaluation.as_served import answers_of
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.statistics import interval
from millstream.learning.families import stored
from millstream.learning.families.contract import Recommender
from millstream.learning.stopwatch import Stopwatch
from millstream_tools.lab.compression.measuring import Scored, Sized, cpu_ms
from millstream_tools.lab.compression.plan import Try
from millstream_tools.lab.compression.report import Measures, Row, Table
from millstream_tools.lab.compression.serving import Candidate, Publisher
from millstream_tools.lab.compression.ways import Nothing, Subject, knobs_for, way_of
from millstream_tools.lab.evaluation.comparing import PerQuestion, compared
from millstream_tools.lab.experiments.experiment import Experiment
from millstream_tools.lab.experiments.named import protocol_named
from millstream_tools.lab.experiments.running import prepared
from millstream_tools.lab.models.families import load
from millstream_tools.lab.sequence.recommender import SequenceRecommender
from millstream_tools.lab.sequence.training import spent_in

METRICS = ("HR@10", "NDCG@10")
ORIGINAL = "original"
_LIBRARIES = ("numpy", "onnx", "onnxruntime", "torch")


class Folders(NamedTuple):
    """For the table, for the models that are kept, and for the checkpoints of what is trained."""

    results: Path
    models: Path
    checkpoints: Path


@dataclass(frozen=True)
class Written:
    """The files of the table, and what is to be said of each model that lost too much to be kept."""

    report: Path
    figures: Path
    refused: Sequence[str]


class _Made(NamedTuple):
    tried: Try
    candidate: Candidate
    cost: Cost


def compress(
    folder: Path,
    experiment: Experiment,
    protocol: str | None,
    tries: Sequence[Try],
    data: Path,
    into: Folders,
    command: str,
    say: Callable[[str], None],
) -> Written:
    """Try each way on the model of a folder and write `NAME-compression.md` and `.json`, NAME being the experiment's.

    The named protocol of the experiment, or its first, asks; what is learned or measured on is what it fits on. A model
    that loses no more than it may is put in a folder of `into.models`: `served`, to be published, and `lab`, to be
    loaded by the lab.
    """
    interactions, about = prepared(
        experiment.data, experiment.preparation, data, command=command, seed=experiment.seed, libraries=_LIBRARIES
    )
    split = protocol_named(experiment, protocol).split(interactions)
    subject = Subject(
        _model(folder), split.train.histories(), len(split.train.items), experiment.seed, into.checkpoints
    )
    with tempfile.TemporaryDirectory() as scratch:
        now_ms = time.time_ns() // 1_000_000
        publisher = Publisher(
            split.train.items, subject.histories, about.data_sha256, experiment.seed, now_ms, Path(scratch)
        )
        original, version = _original(subject, publisher)
        made = [_make(tried, subject, publisher, version, say) for tried in tries]
        asked: dict[str, Sized] = {ORIGINAL: original, **{one.tried.name: one.candidate.served for one in made}}
        measures, values = _measures(asked, split, experiment.seed, say)
        rows = [_row(one, measures, values, experiment.seed) for one in made]
        table = Table(
            f"{folder.resolve().name} made smaller",
            about,
            split.protocol,
            len(split.questions),
            measures[ORIGINAL],
            rows,
        )
        for one, row in zip(made, rows, strict=True):
            say(f"{one.tried.name}: {table.verdict(row)}")
            if row.kept(table.before):
                means = {name: metric.mean for name, metric in row.measures.metrics.items()}
                one.candidate.keep(into.models / one.tried.name, split.protocol, means)
    into.results.mkdir(parents=True, exist_ok=True)
    report = into.results / f"{experiment.name}-compression.md"
    report.write_text(table.as_markdown(), encoding="utf-8")
    figures = into.results / f"{experiment.name}-compression.json"
    figures.write_text(table.as_json(), encoding="utf-8")
    refused = [f"{row.measures.name} is {table.verdict(row)}" for row in rows if not row.kept(table.before)]
    return Written(report, figures, refused)


def _model(folder: Path) -> Recommender:
    """The lab's model that was saved there, of whatever family."""
    return load(stored.family(folder), folder)


def _original(subject: Subject, publisher: Publisher) -> tuple[Sized, str | None]:
    """The model as it is, on its graph where it has one, and the version that the graph has."""
    if not isinstance(subject.model, SequenceRecommender):
        return Scored(subject.model), None
    if subject.model.fitted().padding != subject.items:
        raise InvalidInputError(
            "model", f"one of the catalogue of {subject.items:,} items", subject.model.fitted().padding
        )
    smaller = way_of("fp32").make(subject, Nothing())
    candidate = publisher.candidate(ORIGINAL, smaller, Cost(0.0, 0.0), None)
    return candidate.served, candidate.version


def _make(tried: Try, subject: Subject, publisher: Publisher, version: str | None, say: Callable[[str], None]) -> _Made:
    say(f"{tried.name}: makes the model")
    watch = Stopwatch()
    own = subject._replace(checkpoints=subject.checkpoints / _fingerprint(tried, subject))
    smaller = way_of(tried.way).make(own, knobs_for(tried.way, tried.stated))
    # A training that went on from a checkpoint took what all its epochs took.
    cost = Cost(*map(max, watch.seconds(), spent_in(smaller.model.history)))
    return _Made(tried, publisher.candidate(tried.name, smaller, cost, version), cost)


def _fingerprint(tried: Try, subject: Subject) -> str:
    """A name for all that a training depends on."""
    told = hashlib.sha256(json.dumps([tried.way, tried.stated, subject.seed, subject.items]).encode())
    for history in subject.histories:
        told.update(len(history).to_bytes(4) + history.tobytes())
    with tempfile.TemporaryDirectory() as folder:
        subject.model.save(Path(folder))
        for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
            told.update(path.read_bytes())
    return told.hexdigest()[:16]


def _measures(
    asked: Mapping[str, Sized], split: Split, seed: int, say: Callable[[str], None]
) -> tuple[dict[str, Measures], dict[str, PerQuestion]]:
    """Of each model by its name, what the table shows and the metrics of each question."""
    values = {}
    for name, model in asked.items():
        say(f"{name}: answers all questions")
        values[name] = PerQuestion.of(split, answers_of(model, split.questions), METRICS)
    times = cpu_ms(asked, split.questions, seed)
    return {
        name: Measures(
            name,
            model.size,
            times[name],
            {metric: interval(values[name].values[metric], values[name].user, seed) for metric in METRICS},
        )
        for name, model in asked.items()
    }, values


def _row(made: _Made, measures: Mapping[str, Measures], values: Mapping[str, PerQuestion], seed: int) -> Row:
    name = made.tried.name
    differences = {metric: compared(values[name], values[ORIGINAL], metric, seed) for metric in METRICS}
    seconds = {"wall": made.cost.wall_s, "CPU": made.cost.cpu_s}
    return Row(measures[name], made.tried.way, made.tried.stated, made.tried.most_loss, differences, seconds)
