"""Pictures of results: bars for tables, lines for streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from millstream.learning.evaluation.slices import WHOLE
from millstream_tools.lab.evaluation.prequential.outcome import Outcome
from millstream_tools.lab.evaluation.results import Measured, Published

_METRIC = "NDCG@10"
_OVER_TIME = ("HR@10", "NDCG@10", "Recall@20")
_ARM_COLOURS = ("#9a9a9a", "#56b4e9", "#0072b2", "#d55e00")
"""Of M. Okabe and K. Ito's set, which people tell apart however they see colours; from knowing least to knowing all."""
_BAR, _PUBLISHED_BAR, _TRUTH = "#0072b2", "#d9d9d9", "#000000"


def bars(panels: Mapping[str, tuple[Sequence[Measured], Sequence[Published]]], path: Path) -> None:
    """NDCG@10 of each model, a panel a protocol; lines are standard errors, grey bars published figures."""
    rows = [len(models) + len(published) for models, published in panels.values()]
    figure = Figure(figsize=(8.0, sum(0.9 + 0.3 * count for count in rows)), layout="constrained")
    places = figure.subplots(len(panels), 1, squeeze=False, sharex=True, height_ratios=[count + 1 for count in rows])
    for place, (name, (models, published)) in zip(places[:, 0], panels.items(), strict=True):
        _bars(place, models, published)
        place.set_title(name, loc="left", fontsize=10)
    places[-1, 0].set_xlabel(_METRIC)
    _write(figure, path)


def _bars(place: Axes, models: Sequence[Measured], published: Sequence[Published]) -> None:
    means = {one.model: one.slices[WHOLE].metrics[_METRIC] for one in models}
    place.barh(
        list(means),
        [mean.mean for mean in means.values()],
        xerr=[mean.standard_error for mean in means.values()],
        color=_BAR,
        error_kw={"elinewidth": 1.2, "capsize": 3},
    )
    others = {f"{one.model} (published)": one.metrics[_METRIC] for one in published if _METRIC in one.metrics}
    if others:
        place.barh(list(others), list(others.values()), color=_PUBLISHED_BAR)
    for number, value in enumerate([*(mean.mean + mean.standard_error for mean in means.values()), *others.values()]):
        figure = [*(mean.mean for mean in means.values()), *others.values()][number]
        place.annotate(f"{figure:.4f}", (value, number), (5, 0), textcoords="offset points", va="center", fontsize=8)
    place.invert_yaxis()
    place.margins(x=0.1)
    place.tick_params(labelsize=9)
    _plain(place)


def lines(outcomes: Sequence[Outcome], window: int, oracle: str, path: Path) -> None:
    """A column a model, a row a metric and one of the unseen share, a line an arm; the oracle in every column."""
    models = list(dict.fromkeys(one.model for one in outcomes if one.model != oracle))
    truth = [one for one in outcomes if one.model == oracle]
    figure = Figure(figsize=(3.4 * len(models) + 0.6, 8.4), layout="constrained")
    places = figure.subplots(len(_OVER_TIME) + 1, len(models), squeeze=False, sharex=True, sharey="row")
    for column, model in zip(places.T, models, strict=True):
        arms = [one for one in outcomes if one.model == model]
        column[0].set_title(model, fontsize=10)
        for metric, place in zip(_OVER_TIME, column, strict=False):
            for one, colour in zip(arms, _colours(arms), strict=True):
                place.plot(*_line(one, metric, window), color=colour, marker=".", label=one.arm)
            for one in truth:
                place.plot(*_line(one, metric, window), color=_TRUTH, linestyle="--", label=f"{oracle}: {one.arm}")
        for one, colour in zip(arms, _colours(arms), strict=True):
            events, _ = _line(one, _OVER_TIME[0], window)
            column[-1].plot(events, [100 * each.unseen for each in one.windows], color=colour, marker=".")
        column[-1].set_xlabel("events since the cut, thousands", fontsize=9)
    for row, name in zip(places, (*_OVER_TIME, "unseen items, %"), strict=True):
        row[0].set_ylabel(name)
        row[0].set_ylim(bottom=0)
        for place in row:
            _plain(place)
    handles, labels = places[0, -1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    _write(figure, path)


def _line(one: Outcome, metric: str, window: int) -> tuple[list[float], list[float]]:
    """The middle of each window, in thousands of events, and the mean there."""
    return [(each.first + window / 2) / 1000 for each in one.windows], [each.metrics[metric] for each in one.windows]


def _colours(arms: Sequence[Outcome]) -> Sequence[str]:
    return _ARM_COLOURS[: len(arms)]


def _plain(place: Axes) -> None:
    place.spines[["top", "right"]].set_visible(False)
    place.grid(visible=True, color="#eeeeee")
    place.set_axisbelow(True)


def _write(figure: Figure, path: Path) -> None:
    """Without the library's version in it: the same figures give the same picture."""
    figure.savefig(path, dpi=110, metadata={"Software": None})
