"""Which model served when, and to which one a rollback returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

KEPT_PROMOTIONS = 50
"""How many a registry remembers, rollbacks among them: one can go back half as often, one after the other."""


class Promotion(NamedTuple):
    """A model became the champion in place of another one, or of none; numbered from 1, without gaps.

    `rolled_back` is True where that took an earlier promotion back.
    """

    number: int
    version: str
    replaced: str | None
    at_ms: int
    rolled_back: bool = False

    def follows(self, latest: Promotion | None) -> bool:
        """True if this one was meant for a registry whose latest promotion is `latest`."""
        if latest is None:
            return (self.number, self.replaced) == (1, None)
        return (self.number, self.replaced) == (latest.number + 1, latest.version)


def champion_before(promotions: Sequence[Promotion]) -> str | None:
    """The model that served before the present one was promoted; None if there was none, or nobody remembers.

    `promotions` are oldest first. A rollback takes back the latest promotion that was not taken back yet, so that one
    rollback after the other leads further into the past, and never to a model that somebody rolled back from.
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
