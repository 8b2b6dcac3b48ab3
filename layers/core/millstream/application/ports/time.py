"""The clock, and time budgets of calls."""

from __future__ import annotations

import math
from typing import Protocol


class Clock(Protocol):
    """The current time, and the time that has passed."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC. May jump, also backwards, when the clock is set."""

    def elapsed_ms(self) -> int:
        """Milliseconds since some fixed moment; never runs backwards. May stand still while the process is frozen."""


class Budget(Protocol):
    """The remaining time of a call: how long an adapter may retry."""

    def left_s(self) -> float:
        """Remaining seconds; 0 or less if none remain."""


class _Unhurried:
    """An unlimited budget."""

    def left_s(self) -> float:
        """See Budget."""
        return math.inf


class _Once:
    """A budget for a single attempt."""

    def left_s(self) -> float:
        """See Budget."""
        return 1e-9


UNHURRIED: Budget = _Unhurried()
"""For work without a waiting caller."""


ONCE: Budget = _Once()
"""For a single attempt: optional work, or a client that retries by itself."""


class PartOfBudget:
    """At most `seconds` of a budget, from now on."""

    def __init__(self, whole: Budget, seconds: float) -> None:
        self._whole = whole
        self._seconds = seconds
        self._began_with_s = whole.left_s()

    def left_s(self) -> float:
        """See Budget."""
        left_s = self._whole.left_s()
        return min(left_s, self._seconds - (self._began_with_s - left_s))


class AllBut:
    """A budget without its last seconds, so that work which checks it between steps ends in time."""

    def __init__(self, whole: Budget, seconds: float) -> None:
        self._whole = whole
        self._seconds = seconds

    def left_s(self) -> float:
        """See Budget."""
        return self._whole.left_s() - self._seconds
