"""The knobs of the co-visitation model."""

from __future__ import annotations

from dataclasses import dataclass

from millstream_tools.lab.knobs import between, whole


@dataclass(frozen=True)
class CovisitationConfig:
    """score(i -> j) = weight(i -> j) / ((out(i) + out_smoothing)^out_exponent * (in(j) + in_smoothing)^in_exponent).

    weight(i -> j) is the sum of `domain.tastes.transitions` from i to j, and of `backward` times those from j to i;
    out(i) and in(j) are its sums over j and over i. How far back a transition reaches and how it decays is fixed in
    `domain.tastes`, because training sets hold the same. Why these defaults:
    docs/decisions/2026-11-22-which-model-serves-the-shop.md.
    """

    neighbours: int = 100
    """Items kept for each item, the best ones; a count. Six bytes each in the exported matrices."""

    backward: float = 0.7
    """How much i -> j also says about j -> i: who has the second of two things may lack the first. 0: nothing."""

    out_smoothing: float = 30.0
    """Transition weight added to what leaves an item, so that a rare item's few transitions do not count as certain."""

    out_exponent: float = 0.5
    """How much a busy item's transitions are discounted: 0 not at all, 1 fully (probabilities)."""

    in_smoothing: float = 100.0
    """Transition weight added to what arrives at an item, so that a rare item is not taken for a specific one."""

    in_exponent: float = 0.5
    """How much a popular item is discounted as an answer: 0 not at all, 1 fully (lift)."""

    asked_decay: float = 0.5
    """How much less each earlier item of a customer says than the one after it, when the model is asked. Its signature
    tells the scorer."""

    def __post_init__(self) -> None:
        whole(self, "neighbours")
        between(self, "out_smoothing", "in_smoothing", above=0.0)
        between(self, "backward", "out_exponent", "in_exponent", most=1.0)
        between(self, "asked_decay", above=0.0, most=1.0)
