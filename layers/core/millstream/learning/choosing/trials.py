"""Trials: a model with its knobs, what it answered, and what that cost in units."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.interactions import Floats

METRIC = "NDCG@10"
HITS = "HR@10"


@dataclass(frozen=True)
class Trial:
    """A model to try. `key` names it: equal trials have equal keys."""

    family: str
    knobs: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Family and knobs as JSON."""
        return json.dumps([self.family, self.knobs], sort_keys=True)

    def __str__(self) -> str:
        """Family and knobs in words."""
        said = ", ".join(f"{name} {_said(value)}" for name, value in self.knobs.items())
        return f"{self.family} ({said})" if said else self.family

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The METRIC and the hits of a trial per question, [q] each, and the units that it cost."""

    values: Floats
    hits: Floats
    units: float

    @property
    def mean(self) -> float:
        """The mean of METRIC."""
        return float(self.values.mean())

    @property
    def standard_error(self) -> float:
        """The standard error of `mean`, as if questions were independent."""
        return float(self.values.std() / np.sqrt(len(self.values)))


@dataclass(frozen=True, eq=False)
class Tried:
    """A trial with its outcome on the validation questions, at a stage."""

    trial: Trial
    stage: str
    exclude: ExcludeInTime
    outcome: Outcome

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "stage": self.stage,
            "family": self.trial.family,
            "knobs": dict(self.trial.knobs),
            "excluded": self.exclude,
            "questions": len(self.outcome.values),
            METRIC: round(self.outcome.mean, 6),
            HITS: round(float(self.outcome.hits.mean()), 6),
            "standard_error": round(self.outcome.standard_error, 6),
            "units": round(self.outcome.units, 3),
        }


def _said(value: object) -> str:
    if isinstance(value, list):
        return " + ".join(_part(one) if isinstance(one, Mapping) else str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _part(part: Mapping[str, Any]) -> str:
    weight = part.get("weight", 1.0)
    model = Trial(part["family"], part.get("knobs") or {})
    return f"{weight:g} * {'log ' if part.get('logarithm') else ''}{model}"
