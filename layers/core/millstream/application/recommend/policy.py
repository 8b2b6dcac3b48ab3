"""How eligible candidates become the places of a slate, and with which probability."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

from millstream.domain.slates.eligibility import Eligible

CERTAIN = 1.0
"""The propensity of what is not left to chance."""


class Policy(Protocol):
    """Chooses; `name` is in the answer and in the log, and is changed with the policy."""

    name: str

    def chosen(self, eligible: Iterable[Eligible], n: int) -> Iterator[tuple[Eligible, float]]:
        """At most n of the candidates, in the order of their places, each with its propensity for that place."""


class InOrder:
    """The first n, in the order in which the sources gave them."""

    name = "in-order-1"

    def chosen(self, eligible: Iterable[Eligible], n: int) -> Iterator[tuple[Eligible, float]]:
        """See Policy."""
        return ((candidate, CERTAIN) for candidate in islice(eligible, n))
