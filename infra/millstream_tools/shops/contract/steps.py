"""The steps of a visit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from millstream_tools.shops.contract.behaviour import Behaviour

LARGEST_BATCH = 20
"""Most behaviours in one step: `POST /events` takes that many in a call."""


@dataclass(frozen=True, slots=True)
class Slate:
    """The list that a customer was shown, best first, and the id under which the recommender logged it."""

    item_ids: tuple[str, ...]
    recommendation_id: str | None = None


@dataclass(frozen=True, slots=True)
class SlateValue:
    """The true chances that showing one slate leads to a click, and that it leads to a purchase by way of one."""

    click: float
    purchase: float


@dataclass(frozen=True, slots=True)
class Behaved:
    """Consecutive events of one user, at most `LARGEST_BATCH`, to send in one call."""

    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The customer looks at a slate of `n` items: show one and send it into the visit.

    `arm` says whose slate: with `house_slate` None, the recommender's; else exactly `house_slate`, which the shop chose
    for that arm. `truth` tells the true value of any slate at this very moment; it changes nothing.
    """

    user_id: str
    n: int
    at: float
    arm: str
    house_slate: tuple[str, ...] | None
    truth: Callable[[Sequence[str]], SlateValue]


@dataclass(frozen=True, slots=True)
class Probed:
    """Request recommendations without showing them, and look for `target` in the first ten.

    The target is the item that the customer interacts with next, at time `at` (epoch seconds).
    """

    user_id: str
    target: str
    at: float


Step = Behaved | Shown | Probed


def in_batches(behaviours: Sequence[Behaviour]) -> Iterator[Behaved]:
    """Cut a run of one user's events into steps that fit one call each."""
    for start in range(0, len(behaviours), LARGEST_BATCH):
        yield Behaved(tuple(behaviours[start : start + LARGEST_BATCH]))
