"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """A Clock."""

    def now_ms(self) -> int:
        """See Clock."""
        return time.time_ns() // 1_000_000

    def elapsed_ms(self) -> int:
        """See Clock."""
        return time.monotonic_ns() // 1_000_000
