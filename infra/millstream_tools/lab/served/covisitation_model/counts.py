"""Sums the weights of transitions: a few bytes for each distinct pair, whatever the length of the log."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.domain.keys import ItemKey
from millstream.domain.views.tastes import Transition

_CHUNK = 1 << 20
"""Transitions that wait at least before they are summed: 16 bytes each."""

_SHIFT = 32
_UNIT = 2.0**32
"""A weight of 1 as a whole number: room for two thousand million transitions of one pair."""


class WeightedPairs(NamedTuple):
    """Distinct (source, target) pairs of item numbers in ascending order and the weight of each, [pairs]."""

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float64]


class TransitionCounts:
    """Adds up transitions between items that were numbered before.

    Sums are of whole numbers, so they are exact: neither the order nor the machine changes a bit of them.
    """

    def __init__(self, numbers: dict[ItemKey, int]) -> None:
        """`numbers` may grow between calls; every item of a transition must be in it."""
        self._numbers = numbers
        self._waiting_codes = array("q")
        self._waiting_weights = array("d")
        self._codes = np.empty(0, np.int64)
        self._weights = np.empty(0, np.int64)

    def add(self, transitions: Iterable[Transition]) -> None:
        """Count some transitions."""
        # Plain numbers in arrays: millions of waiting tuples would keep the garbage collector busy for half the time.
        numbers, add_code, add_weight = self._numbers, self._waiting_codes.append, self._waiting_weights.append
        for source, target, weight in transitions:
            add_code(numbers[source] << _SHIFT | numbers[target])
            add_weight(weight)
        if len(self._waiting_codes) >= max(_CHUNK, len(self._codes)):
            self._merge()

    def pairs(self) -> WeightedPairs:
        """Everything counted so far."""
        self._merge()
        return WeightedPairs(self._codes >> _SHIFT, self._codes & ((1 << _SHIFT) - 1), self._weights / _UNIT)

    def _merge(self) -> None:
        """Take in what waits; done when it is as much as there is, so that the work stays linear in the log."""
        codes = np.concatenate((self._codes, np.array(self._waiting_codes)))
        weights = np.concatenate((self._weights, np.rint(np.array(self._waiting_weights) * _UNIT).astype(np.int64)))
        self._codes, self._weights = _summed(codes, weights)
        self._waiting_codes, self._waiting_weights = array("q"), array("d")


def _summed(codes: NDArray[np.int64], weights: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each distinct code once, ascending, with the sum of its weights."""
    if not len(codes):
        return codes, weights
    order = np.argsort(codes)
    codes, weights = codes[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    return codes[starts], np.add.reduceat(weights, starts)
