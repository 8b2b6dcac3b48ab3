"""CPU time of contenders in interleaved rounds.

Wall clock says more about the neighbours on a shared machine than about the code, and even CPU time drifts with them;
a ratio between contenders of the same round does so least.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

Work = Callable[[], object]


def nothing_unbilled() -> float:
    """A contender without a network."""
    return 0.0


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    `prepare` is not measured and gives what is; `unbilled` says how much CPU time so far went into a network or a
    store that only the benchmark has.
    """

    name: str
    prepare: Callable[[], Work]
    unbilled: Callable[[], float] = nothing_unbilled


@dataclass
class Timing:
    """CPU seconds of one contender, round by round."""

    name: str
    rounds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle round."""
        return median(self.rounds)

    @property
    def best(self) -> float:
        """The least disturbed round."""
        return min(self.rounds)

    def per(self, things: int) -> Timing:
        """The same for each of the things that a round worked on."""
        return Timing(self.name, [seconds / things for seconds in self.rounds])

    def ratio_to(self, peer: Timing) -> float:
        """How many times the CPU time of this one the peer took: the median over the rounds."""
        return median(theirs / ours for ours, theirs in zip(self.rounds, peer.rounds, strict=True))

    def best_ratio_to(self, peer: Timing) -> float:
        """The same between each one's least disturbed round."""
        return peer.best / self.best


def measured(contenders: Sequence[Contender], rounds: int) -> list[Timing]:
    """Each contender once a round, the order turned by one from round to round; a first round only warms up."""
    timings = [Timing(contender.name) for contender in contenders]
    for number in range(-1, rounds):
        for step in range(len(contenders)):
            place = (number + step) % len(contenders)
            seconds = cpu_seconds(contenders[place])
            if number >= 0:
                timings[place].rounds.append(seconds)
    return timings


def cpu_seconds(contender: Contender) -> float:
    """The CPU time of one run."""
    work = contender.prepare()
    gc.collect()
    unbilled = contender.unbilled()
    started = time.process_time()
    work()
    return time.process_time() - started - (contender.unbilled() - unbilled)
