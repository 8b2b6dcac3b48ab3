"""Budgets: said in minutes, spent in units that do not depend on the machine.

A unit is the estimated work of a CPU second on a usual core. What a trial costs is computed from its knobs and from the
size of the data, never measured, so the same data, seed and units give the same choice anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import SparseScores
from millstream.learning.families.blend import Blend
from millstream.learning.families.contract import Estimated, Recommender
from millstream.learning.interactions import Interactions

UNITS_A_MINUTE = 60.0
GIB = 2.0**30

_SPARSE_QUESTION, _SPARSE_ITEM = 1.5e-4, 2e-9
_DENSE_QUESTION, _DENSE_ITEM = 3e-5, 2e-8
"""CPU seconds of a question, and of each item of the catalogue for each part of a model: measured on 3,000 to 12,000
items.
"""


@dataclass(frozen=True)
class Limits:
    """What may be spent on choosing, in units, and what models may take: memory while fitting, bytes when they serve,
    CPU milliseconds a request.
    """

    units: float
    memory_gib: float = 4.0
    served_mib: float = 600.0
    request_ms: float = 50.0


@dataclass
class Ledger:
    """Units that are spent; `part` opens a budget of its own for a stage, which the stages after it inherit."""

    units: float
    spent: float = 0.0

    def part(self, share: float) -> float:
        """The level of `spent` up to which a stage may go that gets this share of what is left."""
        return self.spent + max(self.units - self.spent, 0.0) * share

    def spend(self, units: float) -> int:
        """Add the cost of a trial; return by how many whole units the sum has grown."""
        before = int(self.spent)
        self.spent += units
        return int(self.spent) - before


def fit_units(model: Recommender, train: Interactions) -> float:
    """The units of one fit. Raises InvalidInputError for a family whose work cannot be estimated."""
    if not isinstance(model, Estimated):
        raise InvalidInputError("family", "one with an estimate of its work", model.name)
    return model.work(len(train), len(train.users), len(train.items))


def memory_of(model: Recommender, train: Interactions) -> float:
    """The bytes that fitting a model takes at most, beside the events."""
    memory = getattr(model, "memory", None)
    return float(memory(len(train.items))) if memory else 0.0


def question_units(model: Recommender, questions: int, items: int) -> float:
    """The units of asking a fitted model."""
    if isinstance(model, SparseScores):
        return questions * (_SPARSE_QUESTION + items * _SPARSE_ITEM)
    parts = len(model.parts) if isinstance(model, Blend) else 1
    return questions * (_DENSE_QUESTION + parts * items * _DENSE_ITEM)
