"""The origin of an exported model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millstream.domain.models.cards import Card, Cost, LogRange


@dataclass(frozen=True)
class Origin:
    """The fields of a card that do not depend on the family; see `Card`."""

    training_set: str
    seed: int
    cost: Cost
    created_at_ms: int
    metrics: Mapping[str, Mapping[str, float]]
    log: LogRange | None = None
    made_from: str | None = None
    choice: Mapping[str, Any] | None = None

    def card(self, algorithm: str, items: int, knobs: Mapping[str, Any]) -> Card:
        """The card of a model."""
        return Card(
            algorithm=algorithm,
            created_at_ms=self.created_at_ms,
            training_set=self.training_set,
            vocabulary_items=items,
            cost=self.cost,
            knobs=knobs,
            metrics=self.metrics,
            seed=self.seed,
            log=self.log,
            made_from=self.made_from,
            choice=self.choice,
        )
