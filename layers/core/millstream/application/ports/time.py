"""Our clock, and the time that a caller has."""

from __future__ import annotations

import math
from typing import Protocol


class Clock(Protocol):
    """Our clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...


class Budget(Protocol):
    """The time that a caller has: how long an adapter may go on retrying what may still succeed."""

    def left_s(self) -> float:
        """Seconds that remain; 0 or less when there is no more."""
        ...


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
