"""A small simulated shop for tests, and storefronts to play it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from millstream_tools.shops.contract import Behaved, Behaviour, Probed, Shown, Slate, Step, Steps, Visit, play
from millstream_tools.shops.simulated import ShopConfig, SimulatedShop

SMALL = ShopConfig(customers=120, products=240, history_days=8, live_days=3, visits_per_day=0.4)


@cache
def small_shop(seed: int = 3, probes: int = 60, config: ShopConfig = SMALL) -> SimulatedShop:
    """A shop that is made in a few hundredths of a second, once: playing a shop changes nothing in it."""
    return SimulatedShop(config, seed=seed, probes=probes)


@dataclass
class FixedSlate:
    """Shows the same slate to everyone, whatever the arm, and keeps every step and event."""

    slate: Sequence[str]
    steps: list[Step] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)

    def accept(self, step: Behaved) -> None:
        """Keep the events."""
        self.steps.append(step)
        self.behaviours.extend(step.behaviours)

    def show(self, step: Shown) -> Slate:
        """The fixed slate."""
        self.steps.append(step)
        return Slate(tuple(self.slate), f"r-{step.user_id}-{step.at}")

    def probe(self, step: Probed) -> None:
        """Keep the question."""
        self.steps.append(step)


def played(visit: Visit, slate: Sequence[str]) -> list[Behaviour]:
    """What the customer does under a fixed slate."""
    storefront = FixedSlate(slate)
    play(visit, storefront)
    return storefront.behaviours


def steps_of(visit: Visit, slate: Sequence[str] = ()) -> list[Step]:
    """The visit's steps under a fixed slate."""
    storefront = FixedSlate(slate)
    play(visit, storefront)
    return storefront.steps


def next_step(run: Steps, answer: Slate | None) -> Step | None:
    """The next step of a visit that is being played by hand; None at its end."""
    try:
        return run.send(answer)
    except StopIteration:
        return None
