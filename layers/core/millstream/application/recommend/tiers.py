"""The tiers that answer: what one does not fill, the next one does."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Tier(StrEnum):
    """In the order in which they are asked; the name is in the answer and in the log."""

    IN_PROCESS = "in-process"
    """The model that runs in this process."""

    TRENDING = "trending"
    """No model at all: always there."""


def best(answered: Iterable[Tier]) -> Tier:
    """The first of the tiers that added to an answer; the last of all where none did."""
    order = list(Tier)
    return min(answered, key=order.index, default=order[-1])
