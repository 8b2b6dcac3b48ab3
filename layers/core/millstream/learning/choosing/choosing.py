"""Choose the best model for a shop within a budget, on the shop's own validation cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from millstream.application.replay.progress import Advance
from millstream.learning.choosing.budget import Ledger, Limits
from millstream.learning.choosing.confirming import Finalist, confirm
from millstream.learning.choosing.cuts import Cuts
from millstream.learning.choosing.ensembles import blend
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.judge import Create, Judge
from millstream.learning.choosing.repeats import Repeats, choose_repeats
from millstream.learning.choosing.searching import Ranked, best_of_families, halve, refine
from millstream.learning.choosing.shop import Shop, measured
from millstream.learning.choosing.spaces import Space, in_rounds
from millstream.learning.choosing.trials import Trial, Tried
from millstream.learning.families.covisitation import Covisitation
from millstream.learning.families.popularity import Popularity
from millstream.learning.families.segments import Segments

POPULARITY = Trial(Popularity.name, {})
DEFAULT = Trial(Covisitation.name, {})

SEARCHED = 0.75
"""The share of the units that the search may spend; the rest confirms, tests and fits the chosen model."""

CODE = 1
"""Incremented when the same data, seed and units give another choice."""

SHARE_OF_REPEATS, SHARE_OF_SEARCH, SHARE_OF_REFINEMENT = 0.15, 0.6, 0.5
"""Each stage's share of the units that are left; blends may spend the rest, but for the final fits."""

REFINED = 3
"""So many of the best candidates are refined, as far as the budget goes."""

BLENDED_FAMILIES = 3
"""The best models of so many other families are tried as parts of a blend."""


@dataclass(frozen=True)
class Contender:
    """A model that may serve, and what its slates exclude."""

    trial: Trial
    repeats: Repeats


@dataclass(frozen=True)
class Chosen:
    """The chosen model, and how it was chosen.

    `contenders` are the models that may serve, the best first; `trial` and `repeats` are the chosen one's.
    `why_unmeasured` says why no models could be compared; then there is one contender, a fallback. `left_out` has the
    families that were not tried, and why. `stopped` says why the search ended.
    """

    trial: Trial
    repeats: Repeats
    shop: Shop
    limits: Limits
    seed: int
    contenders: Sequence[Contender]
    spent: float = 0.0
    tried: Sequence[Tried] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    stopped: str = ""
    why_unmeasured: str | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "shop": self.shop.plain(),
            "chosen": {"family": self.trial.family, "knobs": dict(self.trial.knobs)},
            "excluded": self.repeats.exclude,
            "units": self.limits.units,
            "spent": round(self.spent, 3),
            "seed": self.seed,
            "code": CODE,
            "why_unmeasured": self.why_unmeasured,
            "left_out": dict(self.left_out),
            "refused": dict(self.refused),
            "stopped": self.stopped,
            "tried": [one.plain() for one in self.tried],
        }


def choose(
    cuts: Cuts,
    create: Create,
    spaces: Callable[[Shop], Sequence[Space]],
    limits: Limits,
    seed: int,
    journal: Journal,
    advance: Advance,
    say: Callable[[str], None],
    incumbent: Contender | None = None,
) -> Chosen:
    """The best model for the events of the cuts.

    `incumbent` is the serving model: its recipe, and what its slates exclude. What is chosen is not worse than it on
    the validation questions.
    """
    shop = measured(cuts.rows)
    if cuts.why_not is not None:
        return _fallback(shop, limits, seed, f"{cuts.why_not}", cuts)
    judge = Judge(cuts, create, seed, limits, Ledger(limits.units * SEARCHED), journal, advance, say)
    serving = [] if incumbent is None else [incumbent]
    baselines = [*(Contender(trial, Repeats(cuts.usual)) for trial in (DEFAULT, POPULARITY)), *serving]
    tried = [judge(one.trial, "baseline", one.repeats.exclude) for one in baselines]
    default = tried[0]
    if default is None:
        return _fallback(shop, limits, seed, judge.refused[DEFAULT.key], cuts)
    repeats, leading = choose_repeats(DEFAULT, default, judge, SHARE_OF_REPEATS)
    ranked = halve(in_rounds(spaces(shop), seed), judge, repeats, SHARE_OF_SEARCH)
    best, stopped = _improved(ranked, leading, judge, repeats)
    rivals = {one.trial.key: Finalist(one) for one in (leading, *(one.tried for one in ranked), best)}
    finalists = [*rivals.values(), *(Finalist(one, is_baseline=True) for one in tried if one is not None)]
    confirmed = confirm(finalists, judge)
    contenders = [
        Contender(one.tried.trial, Repeats(one.tried.exclude) if one.is_baseline else repeats) for one in confirmed
    ]
    return Chosen(
        contenders[0].trial,
        contenders[0].repeats,
        shop,
        limits,
        seed,
        contenders,
        judge.ledger.spent,
        judge.tried,
        refused=judge.refused,
        stopped=stopped,
    )


def _improved(ranked: list[Ranked], leading: Tried, judge: Judge, repeats: Repeats) -> tuple[Tried, str]:
    """The best candidate, refined and blended; and why the search ended."""
    if not ranked:
        return leading, "no candidate fits the budget"
    families = best_of_families(ranked)
    end = judge.ledger.part(SHARE_OF_REFINEMENT)
    refined = max((refine(one, judge, repeats, end) for one in ranked[:REFINED]), key=lambda one: one.mean)
    others = [one for family, one in families.items() if family != refined.candidate.space.family]
    # What is known of a user is no rival of what the user did, and is never among the best alone.
    tried = [*others[:BLENDED_FAMILIES], *(one for one in others[BLENDED_FAMILIES:] if _is_of_segments(one))]
    best = refined.tried if refined.mean > leading.outcome.mean else leading
    base = refined.candidate.at(-1) if best is refined.tried else DEFAULT
    parts = [one.candidate.at(-1) for one in tried]
    return blend(best, base, parts, judge, repeats, 1.0), _why_stopped(judge)


def _is_of_segments(one: Ranked) -> bool:
    return one.candidate.space.family == Segments.name


def _why_stopped(judge: Judge) -> str:
    if judge.ledger.spent > 0.9 * judge.ledger.units:
        return "its part of the budget was spent"
    return "no further step was better"


def _fallback(shop: Shop, limits: Limits, seed: int, why: str, cuts: Cuts) -> Chosen:
    """Nothing can be compared: the default if anything follows anything, else popularity."""
    trial = DEFAULT if shop.steps and shop.items > 1 else POPULARITY
    repeats = Repeats(cuts.usual)
    return Chosen(trial, repeats, shop, limits, seed, [Contender(trial, repeats)], why_unmeasured=why)
