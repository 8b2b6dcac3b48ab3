"""Promotions: which model served when, and the target of a rollback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

KEPT_PROMOTIONS = 50
"""Promotions that a registry keeps, including rollbacks; half as many consecutive rollbacks are possible."""


class Promotion(NamedTuple):
    """A model became the champion, replacing another one or none. Numbered from 1, without gaps.

    `rolled_back` is True if this undid an earlier promotion.
    """

    number: int
    version: str
    replaced: str | None
    at_ms: int
    rolled_back: bool = False

    def follows(self, latest: Promotion | None) -> bool:
        """True if this one can be appended to a registry whose latest promotion is `latest`."""
        if latest is None:
            return (self.number, self.replaced) == (1, None)
        return (self.number, self.replaced) == (latest.number + 1, latest.version)


def champion_before(promotions: Sequence[Promotion]) -> str | None:
    """The model that served before the current one was promoted; None if there was none, or it is no longer known.

    `promotions` are oldest first. A rollback undoes the latest promotion that was not undone yet, so repeated rollbacks
    go further into the past and never return to a model that was rolled back.
    """
    taken_back = 0
    for promotion in reversed(promotions):
        if promotion.rolled_back:
            taken_back += 1
        elif taken_back:
            taken_back -= 1
        else:
            return promotion.replaced
    return None
