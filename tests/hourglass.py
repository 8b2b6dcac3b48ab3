"""Time that passes only where a test says so, for code that retries within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from millstream.adapters.aws.backoff import attempts
from millstream.application.ports import Budget


class Hourglass:
    """A budget of so many seconds; waits take them away, and so does `pass_s`. `waits` are those that were waited."""

    def __init__(self, seconds: float, chance: Callable[[], float] = lambda: 0.5) -> None:
        self.seconds = seconds
        self.waits: list[float] = []
        self._chance = chance

    def left_s(self) -> float:
        """See Budget."""
        return self.seconds

    def pass_s(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds -= seconds

    def attempts(self, budget: Budget) -> Iterator[int]:
        """`backoff.attempts` with waits that take no real time, but this glass's."""
        return attempts(budget, chance=self._chance, sleep=self._wait)

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.pass_s(seconds)
