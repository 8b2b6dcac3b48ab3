"""Blends of the best models of different families, where they help by more than the noise of the comparison.

The best model first, then one more part at a time: R. Caruana et al., "Ensemble selection from libraries of models",
ICML 2004.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from millstream.learning.choosing.comparing import is_better
from millstream.learning.choosing.judge import Judge
from millstream.learning.choosing.repeats import Repeats
from millstream.learning.choosing.trials import Trial, Tried
from millstream.learning.families.blend import Blend
from millstream.learning.families.popularity import Popularity
from millstream.learning.families.segments import Segments

WEIGHTS = (0.1, 0.3, 1.0)
"""Of the added part, relative to the best model, after each part's scores were divided by their spread."""

LOGARITHM = 0.01
"""Added to relative scores before their logarithm, so that a score of 0 is unlikely, not impossible."""

MOST_PARTS = 3


def blend(best: Tried, base: Trial, others: Sequence[Trial], judge: Judge, repeats: Repeats, share: float) -> Tried:
    """The best blend, or `best` if none is better by more than the noise. `base` is its trial without own items."""
    end = judge.ledger.part(share)
    parts: list[dict[str, Any]] = [_part(base, 1.0)]
    while len(parts) < MOST_PARTS:
        leading: tuple[Tried, list[dict[str, Any]]] | None = None
        for more in _extended(parts, others, judge):
            trial = repeats.applied(Trial(Blend.name, {"parts": more, "scaled": True}))
            if judge.why_not(trial) is None and judge.ledger.spent + judge.units_of(trial) > end:
                break
            tried = judge(trial, "blend", repeats.exclude)
            if tried is not None and (leading is None or tried.outcome.mean > leading[0].outcome.mean):
                leading = tried, more
        if leading is not None and leading[1][-1]["family"] == Segments.name:
            if judge.ledger.spent + judge.units_of(leading[0].trial) > end:
                break  # nothing is left to compare it with plain popularity
            leading = _without_segments(*leading, judge, repeats)
            others = [one for one in others if one.family != Segments.name]  # asked once, not until it is by chance
        if leading is None or not is_better(leading[0], best, judge.user_of_questions, judge.seed):
            break
        best, parts = leading
    return best


def _without_segments(
    found: Tried, parts: list[dict[str, Any]], judge: Judge, repeats: Repeats
) -> tuple[Tried, list[dict[str, Any]]]:
    """The blend, or the same with plain popularity as its last part unless the attributes make it better than that.

    Popularity is a part of the segments' scores, and may be all that helps.
    """
    last = parts[-1]
    knobs = {"last_days": last["knobs"].get("last_days")}
    plain = [*parts[:-1], {**last, "family": Popularity.name, "knobs": knobs}]
    tried = judge(repeats.applied(Trial(Blend.name, {"parts": plain, "scaled": True})), "blend", repeats.exclude)
    if tried is None or is_better(found, tried, judge.user_of_questions, judge.seed):
        return found, parts
    return tried, plain


def _extended(parts: Sequence[dict[str, Any]], others: Sequence[Trial], judge: Judge) -> Iterator[list[dict[str, Any]]]:
    """The parts and one more, with each weight, of scores and of the logarithms of those that have one."""
    known = {Trial(part["family"], part["knobs"]).key for part in parts}
    for other in others:
        if other.key not in known:
            for logarithm in (None, LOGARITHM):
                for weight in WEIGHTS:
                    more = [*parts, _part(other, weight)]
                    takes = [logarithm if judge.is_positive(part["family"], part["knobs"]) else None for part in more]
                    if logarithm is None or any(takes):
                        yield [{**part, "logarithm": taken} for part, taken in zip(more, takes, strict=True)]


def _part(trial: Trial, weight: float) -> dict[str, Any]:
    return {"family": trial.family, "knobs": dict(trial.knobs), "weight": weight, "logarithm": None}
