"""Where a model that is exported came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millstream.domain.models.cards import Cost, LogRange


@dataclass(frozen=True)
class Origin:
    """Where a model came from and how good it is; see `domain.model_cards.Card` for each."""

    training_set: str
    seed: int
    cost: Cost
    created_at_ms: int
    metrics: Mapping[str, Mapping[str, float]]
    log: LogRange | None = None
    made_from: str | None = None
    knobs: Mapping[str, Any] | None = None
    """Those of the whole, where the model is more than its sequence part."""
