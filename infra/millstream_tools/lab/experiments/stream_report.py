"""The part of a run's page that tells of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from millstream.learning.evaluation.slices import WHOLE
from millstream_tools.lab.evaluation.prequential.outcome import ANSWERABLE, METRICS, Outcome
from millstream_tools.lab.experiments.streaming import ORACLE, StreamSection

_METRICS = ("HR@10", "NDCG@10", "Recall@20")
_EXPLAINED = """\
Every event is first a question, then experience. Ranked are all items that the model of the arm knows by then; one that
it does not know is a miss, and the share of these is `unseen`. Milliseconds are CPU time per event, asked one at a
time, a refresh spread over its events; the first fit is not in them. ± is one standard error, by bootstrap over the
users."""


def stream_section(section: StreamSection, plot: str) -> list[str]:
    """Its texts, paragraph by paragraph; `plot` is the name of the picture beside the page."""
    texts = [f"## {section.protocol.name}", f"{section.said}.", _EXPLAINED, f"![over time]({plot})"]
    for part in (WHOLE, ANSWERABLE):
        shown = [one for one in section.outcomes if part in one.slices]
        if shown:
            texts += [f"Events ({part}): {shown[0].questions[part]:,}.", _summary(shown, part)]
            if shown[0].over_periods:
                texts += ["Means over the calendar periods, each period with the same weight:", _periods(shown, part)]
    rows = "a calendar period" if section.outcomes[0].over_periods else f"{section.window:,} events"
    texts.append(f"{' / '.join(_METRICS)} over time, {rows} a row:")
    models = dict.fromkeys(one.model for one in section.outcomes)
    texts += [_over_time([one for one in section.outcomes if one.model == model]) for model in models]
    return texts


def _summary(outcomes: Sequence[Outcome], part: str) -> str:
    """One row a model and arm; what it took and did not know is of all events, and said there."""
    whole = part == WHOLE
    head = ["model", "arm", *_METRICS, *(["unseen", "rank (ms)", "learn (ms)"] if whole else [])]
    rows = []
    for one in outcomes:
        means = [
            f"{one.slices[part][name].mean:.4f} ± {one.slices[part][name].standard_error:.4f}" for name in _METRICS
        ]
        more = [f"{one.unseen:.2%}", _ms(one.ranking_ms), _ms(one.learning_ms)] if whole else []
        rows.append([one.model, one.arm, *means, *more])
    return _table(head, rows, texts=2)


def _periods(outcomes: Sequence[Outcome], part: str) -> str:
    rows = [
        [one.model, one.arm, *(f"{one.over_periods[part][name]:.4f}" for name in METRICS)]
        for one in outcomes
        if part in one.over_periods
    ]
    return _table(["model", "arm", *METRICS], rows, texts=2)


def _over_time(outcomes: Sequence[Outcome]) -> str:
    name = outcomes[0].model
    head = ["from event", "of", *([name] if name == ORACLE else [f"{name}: {one.arm}" for one in outcomes])]
    rows = []
    for windows in zip(*(one.windows for one in outcomes), strict=True):
        moment = datetime.fromtimestamp(windows[0].at, UTC).strftime("%Y-%m-%d %H:%M")
        means = [" / ".join(f"{window.metrics[metric]:.3f}" for metric in _METRICS) for window in windows]
        rows.append([f"{windows[0].first:,}", moment, *means])
    return _table(head, rows, texts=0)


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int) -> str:
    """The first `texts` columns are text, the others numbers."""
    lines = [head, [*["---"] * texts, *["---:"] * (len(head) - texts)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
