"""What work takes: seconds by the clock on the wall, and of all cores. Needs the standard library only."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple


class Seconds(NamedTuple):
    """What work took: by the wall clock, and of all cores."""

    wall: float = 0.0
    cpu: float = 0.0

    def plus(self, other: Seconds) -> Seconds:
        """Both, one after the other."""
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)

    def told(self, what: str = "") -> dict[str, float]:
        """The seconds by name, as they stand beside figures: `wall` and `CPU`, after what they were for."""
        before = f"{what}, " if what else ""
        return {f"{before}wall": self.wall, f"{before}CPU": self.cpu}


def summed(parts: Iterable[Seconds]) -> Seconds:
    """All of them, one after the other."""
    return reduce(Seconds.plus, parts, Seconds())


class Stopwatch:
    """Runs from when it is made; of the cores it knows what this process used, in all its threads."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> Seconds:
        """Those that have passed."""
        return Seconds(time.perf_counter() - self._wall, time.process_time() - self._cpu)
