"""A clock that stands still."""

from __future__ import annotations


class FixedClock:
    """A Clock that moves only when it is told to."""

    def __init__(self, now_ms: int) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        """See Clock."""
        return self.time_ms
