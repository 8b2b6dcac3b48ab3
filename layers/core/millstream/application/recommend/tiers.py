"""Tiers: each fills the positions that the tiers before it left empty."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Tier(StrEnum):
    """The tiers in order; their names are in the response and the log."""

    IN_PROCESS = "in-process"
    """A model in this process."""

    TRENDING = "trending"
    """Popularity without a model; always available."""


def best(answered: Iterable[Tier]) -> Tier:
    """The first of the given tiers; the last tier if there are none."""
    order = list(Tier)
    return min(answered, key=order.index, default=order[-1])
