"""Our clock, and the time that a caller has."""

from __future__ import annotations

import math
from typing import Protocol


class Clock(Protocol):
    """Our clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""


class Budget(Protocol):
    """The time that a caller has: how long an adapter may go on retrying what may still succeed."""

    def left_s(self) -> float:
        """Seconds that remain; 0 or less when there is no more."""


class _Unhurried:
    """A budget without end."""

    def left_s(self) -> float:
        """See Budget."""
        return math.inf


class _Once:
    """A budget that ends with the first attempt."""

    def left_s(self) -> float:
        """See Budget."""
        return 1e-9


UNHURRIED: Budget = _Unhurried()
"""For work that nobody waits for."""


ONCE: Budget = _Once()
"""For one attempt: what is not worth waiting for, or has a client that retries by itself."""


class PartOfBudget:
    """At most so many seconds of a budget, from now on: for what is not worth all of it."""

    def __init__(self, whole: Budget, seconds: float) -> None:
        self._whole = whole
        self._seconds = seconds
        self._began_with_s = whole.left_s()

    def left_s(self) -> float:
        """See Budget."""
        left_s = self._whole.left_s()
        return min(left_s, self._seconds - (self._began_with_s - left_s))


class AllBut:
    """A budget but for its last seconds: work that is looked at between its parts ends in time."""

    def __init__(self, whole: Budget, seconds: float) -> None:
        self._whole = whole
        self._seconds = seconds

    def left_s(self) -> float:
        """See Budget."""
        return self._whole.left_s() - self._seconds
