"""Measure wall-clock and CPU time. Needs only the standard library."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple


class Seconds(NamedTuple):
    """Wall-clock seconds, and CPU seconds of all cores."""

    wall: float = 0.0
    cpu: float = 0.0

    def plus(self, other: Seconds) -> Seconds:
        """The sum."""
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)

    def named(self, what: str = "") -> dict[str, float]:
        """The seconds by the names `wall` and `CPU`, prefixed with `what` they were spent on."""
        before = f"{what}, " if what else ""
        return {f"{before}wall": self.wall, f"{before}CPU": self.cpu}


def summed(parts: Iterable[Seconds]) -> Seconds:
    """The sum of all."""
    return reduce(Seconds.plus, parts, Seconds())


class Stopwatch:
    """Measures from its creation on; CPU time is that of this process with all its threads."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> Seconds:
        """The elapsed time."""
        return Seconds(time.perf_counter() - self._wall, time.process_time() - self._cpu)
