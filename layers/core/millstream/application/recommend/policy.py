"""Policies: choose and order the candidates of a slate, with probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

from millstream.domain.slates.eligibility import Eligible

CERTAIN = 1.0
"""The propensity of a deterministic choice."""


class Policy(Protocol):
    """A ranking policy. `name` is in the response and the log; change it whenever the policy changes."""

    name: str

    def chosen(self, eligible: Iterable[Eligible], n: int) -> Iterator[tuple[Eligible, float]]:
        """At most n candidates, in slate order, each with its propensity at its position."""


class InOrder:
    """The first n candidates, in the order of the sources."""

    name = "in-order-2"

    def chosen(self, eligible: Iterable[Eligible], n: int) -> Iterator[tuple[Eligible, float]]:
        """See Policy."""
        return ((candidate, CERTAIN) for candidate in islice(eligible, n))
