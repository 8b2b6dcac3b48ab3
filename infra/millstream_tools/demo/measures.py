"""Thread-safe samples and counters."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence


class Samples:
    """Durations in milliseconds."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def add(self, seconds: float) -> None:
        """Add a duration."""
        self._values.append(seconds * 1000)

    def __len__(self) -> int:
        return len(self._values)

    def percentile(self, share: float) -> float | None:
        """The percentile in ms, by nearest rank; None without values."""
        return nearest_rank(self._values, share)


def nearest_rank(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


class Counts:
    """Counts by name."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, amount: float = 1) -> None:
        """Add to a count."""
        with self._lock:
            self._counts[name] += amount  # type: ignore[assignment]  # a Counter holds any number

    def __getitem__(self, name: str) -> float:
        return self._counts[name]
