"""Whether what a user had before may be recommended again: a property of the shop, chosen like other knobs.

What is chosen: which of the user's items a slate excludes unless a request says otherwise (`domain.slates.exclusions`:
kinds of event, ages, session), and how far the user's own items come first among those that may come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from millstream.domain.slates.slate import SeenItems
from millstream.learning.choosing.comparing import is_better
from millstream.learning.choosing.judge import Judge
from millstream.learning.choosing.trials import Trial, Tried
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.families.blend import Blend
from millstream.learning.families.own_items import OwnItems

WEIGHTS = (0.3, 1.0, 0.1, 3.0, 30.0)
"""Of the user's newest own item, relative to the best item of a model; 30: own items first."""

DECAY = 0.8
OTHER_DECAYS = (0.5, 0.95)


@dataclass(frozen=True)
class Repeats:
    """What a slate excludes by default, and the part of the user's own items: none with a weight of 0."""

    exclude: ExcludeInTime
    weight: float = 0.0
    decay: float = DECAY
    newest: float = 0.0

    @property
    def seen(self) -> SeenItems:
        """What requests exclude by default."""
        return SeenItems.ALL if self.exclude == "history" else SeenItems(self.exclude)

    def applied(self, trial: Trial) -> Trial:
        """The trial, with own items added."""
        if not self.weight:
            return trial
        own = {"family": OwnItems.name, "weight": self.weight, "knobs": {"decay": self.decay, "newest": self.newest}}
        if trial.family == Blend.name:
            return Trial(Blend.name, {**trial.knobs, "parts": [*trial.knobs["parts"], own]})
        model = {"family": trial.family, "weight": 1.0, "knobs": dict(trial.knobs)}
        return Trial(Blend.name, {"parts": [model, own], "scaled": True})


def choose_repeats(base: Trial, first: Tried, judge: Judge, share: float) -> tuple[Repeats, Tried]:
    """The best for the model `base`, which has been tried with the default exclusion: `first`.

    Another exclusion than the default has to be better by more than the noise.
    """
    end = judge.ledger.part(share)
    usual = best = Repeats(judge.cuts.usual), first

    def better(proposals: Iterator[Repeats]) -> tuple[Repeats, Tried]:
        leading = best
        for repeats in proposals:
            trial = repeats.applied(base)
            if judge.ledger.spent + judge.units_of(trial) > end:
                break
            tried = judge(trial, "repeats", repeats.exclude)
            if tried is not None and tried.outcome.mean > leading[1].outcome.mean:
                leading = repeats, tried
        return leading

    best = better(Repeats(exclude) for exclude in judge.cuts.exclusions[1:])
    best = better(Repeats(exclude, weight) for exclude in _with_own(judge.cuts.exclusions) for weight in WEIGHTS)
    if best[0].weight:
        best = better(replace(best[0], decay=decay) for decay in OTHER_DECAYS)
    return best if is_better(best[1], first, judge.user_of_questions, judge.seed) else usual


def _with_own(exclusions: Sequence[ExcludeInTime]) -> list[ExcludeInTime]:
    """The exclusions after which own items are left to recommend."""
    return [one for one in exclusions if one in ("none", "purchased")]
