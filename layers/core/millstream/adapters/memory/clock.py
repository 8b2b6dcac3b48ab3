"""A manual clock."""

from __future__ import annotations


class FixedClock:
    """A Clock that changes only when `time_ms` or `passed_ms` is set."""

    def __init__(self, now_ms: int) -> None:
        self.time_ms = now_ms
        self.passed_ms = 0

    def now_ms(self) -> int:
        """See Clock."""
        return self.time_ms

    def elapsed_ms(self) -> int:
        """See Clock."""
        return self.passed_ms
