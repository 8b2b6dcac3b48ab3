"""Play one visit against a storefront."""

from __future__ import annotations

from typing import Protocol

from millstream_tools.shops.contract.steps import Behaved, Probed, Shown, Slate
from millstream_tools.shops.contract.visit import Visit


class Storefront(Protocol):
    """Connects a visit to the recommender."""

    def accept(self, step: Behaved) -> None:
        """Send these events."""

    def show(self, step: Shown) -> Slate:
        """Choose the slate that the customer sees."""

    def probe(self, step: Probed) -> None:
        """Note whether the target would have been recommended."""


def play(visit: Visit, storefront: Storefront) -> None:
    """Play a visit from its first step to its last."""
    steps = visit.steps()
    answer: Slate | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = _answer(step, storefront)


def _answer(step: Behaved | Shown | Probed, storefront: Storefront) -> Slate | None:
    match step:
        case Shown():
            return storefront.show(step)
        case Behaved():
            storefront.accept(step)
        case Probed():
            storefront.probe(step)
    return None
