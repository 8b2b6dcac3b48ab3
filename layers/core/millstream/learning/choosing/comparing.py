"""Paired comparisons of trials, corrected for how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from millstream.learning.choosing.trials import Tried
from millstream.learning.evaluation.statistics import PairedDifference, paired
from millstream.learning.interactions import Ints


def is_better(one: Tried, other: Tried, user: Ints, seed: int) -> bool:
    """Whether one trial is better on the same questions by more than the standard error of the difference."""
    difference = paired(one.outcome.values, other.outcome.values, user, seed).interval
    return difference.mean > difference.standard_error


class Compared(NamedTuple):
    """How much better the chosen model is than another on the same questions; `p` is corrected by `holm`."""

    other: str
    difference: PairedDifference
    p: float

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {"against": self.other, **self.difference.interval._asdict(), "p": self.p}


def compared(differences: Mapping[str, PairedDifference]) -> list[Compared]:
    """The comparisons with corrected p values."""
    corrected = holm([one.p for one in differences.values()])
    return [Compared(name, one, p) for (name, one), p in zip(differences.items(), corrected, strict=True)]


def holm(p: Sequence[float]) -> list[float]:
    """The p values of several tests of one family, corrected so that the chance of any false one is bounded.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 1979.
    """
    order = sorted(range(len(p)), key=lambda place: p[place])
    found, largest = [0.0] * len(p), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, p[place] * (len(p) - rank)))
        found[place] = largest
    return found
