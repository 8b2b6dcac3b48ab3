"""Counts of transitions between items, as exact sums of whole numbers, independent of order and partitioning."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from millstream.learning.interactions import Floats, Ints

UNIT = 2.0**36
"""The whole number for a weight of 1: sums up to a hundred million per item fit."""

_SHIFT = 32
_MASK = (1 << _SHIFT) - 1
_MOST_WAITING = 1 << 21
"""Transitions buffered before they are summed, 16 bytes each."""


class Pairs(NamedTuple):
    """Distinct (source, target) pairs of items, ascending, and the weight of each in units of 1 / UNIT, [pairs]."""

    sources: Ints
    targets: Ints
    units: Ints

    @classmethod
    def of(cls, codes: Ints, units: Ints) -> Self:
        """From the codes of `coded`."""
        return cls(codes >> _SHIFT, codes & _MASK, units)

    def plus(self, other: Pairs) -> Pairs:
        """The sum; the other's pairs may be unordered and repeated."""
        codes = np.concatenate((coded(self.sources, self.targets), coded(other.sources, other.targets)))
        return Pairs.of(*summed(codes, np.concatenate((self.units, other.units))))


class PairCounts:
    """Adds up weighted transitions, with a few bytes per distinct pair.

    Sums of whole numbers are exact: they do not depend on the order or the machine, and partial counts add up.
    """

    def __init__(self) -> None:
        self._codes, self._units = np.empty(0, np.int64), np.empty(0, np.int64)
        self._waiting: list[tuple[Ints, Ints]] = []
        self._count = 0

    def add(self, sources: Ints, targets: Ints, weights: Floats) -> None:
        """Count transitions, [transitions] each."""
        self._waiting.append((coded(sources, targets), in_units(weights)))
        self._count += len(sources)
        if self._count >= max(_MOST_WAITING, len(self._codes)):
            self._merge()

    def pairs(self) -> Pairs:
        """All counts."""
        self._merge()
        return Pairs.of(self._codes, self._units)

    def _merge(self) -> None:
        """Merge the buffer; done when it is as large as the sums, so that the work stays linear in the events."""
        codes, units = zip((self._codes, self._units), *self._waiting, strict=True)
        self._codes, self._units = summed(np.concatenate(codes), np.concatenate(units))
        self._waiting, self._count = [], 0


def in_units(weights: Floats) -> Ints:
    """Weights as whole numbers."""
    return np.asarray(np.rint(weights * UNIT).astype(np.int64))


def both_ways(pairs: Pairs, backward: float) -> Pairs:
    """Each pair with its weight plus `backward` times that of the opposite pair; missing pairs are added."""
    if not backward:
        return pairs
    order = np.argsort(pairs.targets, kind="stable")  # so that two ascending lists are merged
    units = np.rint(pairs.units[order] * backward).astype(np.int64)
    return pairs.plus(Pairs(pairs.targets[order], pairs.sources[order], units))


def coded(sources: Ints, targets: Ints) -> Ints:
    """One number per pair, in the order of the pairs."""
    return sources << _SHIFT | targets


def summed(codes: NDArray[np.int64], values: NDArray[np.int64]) -> tuple[Ints, Ints]:
    """Each distinct code once, ascending, with the sum of its values."""
    if not len(codes):
        return codes, values
    order = np.argsort(codes, kind="stable")  # linear where parts are ascending
    codes, values = codes[order], values[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    return codes[starts], np.add.reduceat(values, starts)
