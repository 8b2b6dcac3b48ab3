"""The one look at the test questions: the chosen model as it serves, popularity, the default and the incumbent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from millstream.learning.choosing.comparing import Compared, compared
from millstream.learning.choosing.cuts import Cuts
from millstream.learning.choosing.judge import Create
from millstream.learning.choosing.trials import HITS, METRIC, Trial
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.ranking import Answers, answer
from millstream.learning.evaluation.slices import slices
from millstream.learning.evaluation.statistics import paired
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.families import fitting
from millstream.learning.road import Evaluated


@dataclass(frozen=True)
class Figures:
    """The means over some questions."""

    questions: int
    hits: float
    ndcg: float

    @classmethod
    def of(cls, answers: Answers) -> Figures:
        """Of all answers."""
        return cls(len(answers), float(measure(answers, HITS).mean()), float(measure(answers, METRIC).mean()))

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {"questions": self.questions, HITS: round(self.hits, 6), METRIC: round(self.ndcg, 6)}


@dataclass(frozen=True)
class Tested:
    """Figures of the chosen model by slice, and of the other models, with paired comparisons of METRIC."""

    protocol: str
    slices: Mapping[str, Figures]
    others: Mapping[str, Figures]
    comparisons: Sequence[Compared]
    request_ms: float
    served_bytes: int

    @property
    def worse_than(self) -> list[str]:
        """The models that are better than the chosen one by more than chance, after correction."""
        return [one.other for one in self.comparisons if one.difference.interval.mean < 0 and one.p < 0.05]

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "protocol": self.protocol,
            "slices": {name: one.plain() for name, one in self.slices.items()},
            "others": {name: one.plain() for name, one in self.others.items()},
            "comparisons": [one.plain() for one in self.comparisons],
            "request_cpu_ms": round(self.request_ms, 3),
            "served_bytes": self.served_bytes,
        }


@dataclass(frozen=True)
class Other:
    """A model to compare with, and what its slates exclude."""

    trial: Trial
    exclude: ExcludeInTime


def tested(evaluated: Evaluated, others: Mapping[str, Other], cuts: Cuts, create: Create, seed: int) -> Tested:
    """Ask the others the same questions, fitted on the same events, and compare."""
    split, given = evaluated.split, evaluated.answers
    own = measure(given, METRIC)
    figures, differences = {}, {}
    for name, other in others.items():
        model = create(other.trial.family, other.trial.knobs)
        fitting.fit(model, split.train, seed)
        answers = answer(model, cuts.split("test", other.exclude).questions)
        figures[name] = Figures.of(answers)
        differences[name] = paired(own, measure(answers, METRIC), given.user, seed)
    parts = {name: Figures.of(part) for name, part in slices(split, given).items()}
    return Tested(split.protocol, parts, figures, compared(differences), evaluated.request_ms, evaluated.served_bytes)
