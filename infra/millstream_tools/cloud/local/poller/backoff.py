"""The wait before a failed batch is retried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from `first` to at most `cap`, in seconds.

    AWS does not document the waits between retries of a stream; these are short, for local development.
    """

    first: float = 0.05
    cap: float = 1.0

    def delay(self, failures_in_a_row: int) -> float:
        """Seconds to wait after this many failures; the count starts at 1."""
        # The exponent is bounded because a batch without a retry limit may fail thousands of times.
        return min(self.cap, self.first * 2.0 ** min(failures_in_a_row - 1, 32))
